//! What the model is told about a chip.

/// A chip of the 910B family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// As AscendCL names it.
    pub name: &'static str,
    /// Cube cores.
    pub cube_cores: u32,
    /// Vector cores.
    pub vector_cores: u32,
    /// Clock in MHz.
    pub mhz: u32,
    /// Bytes that L2 holds.
    pub l2_bytes: u64,
}

fn rows(table: &'static str) -> impl Iterator<Item = std::str::Split<'static, char>> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t'))
}

impl Chip {
    /// Every chip that the table knows.
    pub fn all() -> impl Iterator<Item = Chip> {
        rows(include_str!("chips.tsv")).filter_map(|mut cells| {
            let name = cells.next()?;
            let mut number = || cells.next()?.parse::<u32>().ok();
            let (cube_cores, vector_cores, mhz, mib) = (number()?, number()?, number()?, number()?);
            Some(Chip { name, cube_cores, vector_cores, mhz, l2_bytes: u64::from(mib) << 20 })
        })
    }

    /// The chip of that name.
    pub fn named(name: &str) -> Option<Chip> {
        Self::all().find(|chip| chip.name == name)
    }

    /// Microseconds of so many cycles.
    pub fn us(&self, cycles: f64) -> f64 {
        cycles / f64::from(self.mhz)
    }
}

/// A throughput of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it counts.
    pub unit: &'static str,
    /// Where it is from.
    pub source: &'static str,
}

/// The table of throughputs.
pub fn rates() -> impl Iterator<Item = Rate> {
    rows(include_str!("rates.tsv")).filter_map(|mut cells| {
        let (name, value) = (cells.next()?, cells.next()?.parse().ok()?);
        Some(Rate { name, value, unit: cells.next()?, source: cells.next()? })
    })
}

/// The throughputs of one chip, as the twin takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates(Vec<f64>);

impl Rates {
    /// The table's, with what depends on the chip filled in.
    pub fn of(chip: &Chip) -> Self {
        let for_chip = |rate: Rate| match rate.name {
            "hbm" => rate.value * f64::from(chip.cube_cores),
            "l2_bytes" => rate.value * chip.l2_bytes as f64,
            _ => rate.value,
        };
        Self(rates().map(for_chip).collect())
    }

    /// One value for each row of the table.
    #[cfg(twin)]
    pub(crate) fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_whole_and_in_the_order_of_the_twin() {
        let header = include_str!("../../twin/src/rates.h");
        let order = header.lines().skip_while(|line| !line.starts_with("enum class Rate")).skip(1);
        let order: Vec<String> =
            order.take_while(|line| !line.contains("kRates")).map(|line| line.split(',').next().unwrap().trim().to_lowercase()).collect();
        let names: Vec<String> = rates().map(|rate| rate.name.replace('_', "")).collect();
        assert_eq!(names, order);
        assert!(rates().all(|rate| rate.value >= 0.0 && !rate.source.is_empty()));
        assert_eq!(Chip::all().count(), 4);
        assert_eq!(Chip::named("Ascend910B3").map(|chip| (chip.cube_cores, chip.us(1800.0))), Some((20, 1.0)));
    }
}
