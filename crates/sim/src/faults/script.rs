//! The line language of faults.

use std::str::FromStr;

use ascend_sys::ffi::{
    ACL_ERROR_RT_AICORE_EXCEPTION, ACL_ERROR_RT_AICORE_TIMEOUT, ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR, ACL_ERROR_RT_INTERNAL_ERROR,
    ACL_ERROR_RT_LINK_ERROR, ACL_ERROR_RT_LOST_HEARTBEAT, ACL_ERROR_RT_MEMORY_ALLOCATION, ACLNN_ERR_INNER, aclError,
};

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An allocation.
    Alloc,
    /// A call of a function, before it does anything.
    Call,
    /// The first call of an operator.
    PhaseOne,
    /// A task on its stream.
    Late,
    /// A task on its stream, which never ends.
    Hang,
    /// A task on its stream, which takes longer.
    Slow,
    /// A device, from then on.
    Lost,
    /// A task on a device's stream that touches its memory.
    Ecc,
    /// A copy between devices.
    LinkDown,
}

impl Place {
    const ALL: [Self; 9] =
        [Self::Alloc, Self::Call, Self::PhaseOne, Self::Late, Self::Hang, Self::Slow, Self::Lost, Self::Ecc, Self::LinkDown];

    /// The word that a rule about it begins with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Alloc => "alloc",
            Self::Call => "call",
            Self::PhaseOne => "phase-one",
            Self::Late => "late",
            Self::Hang => "hang",
            Self::Slow => "slow",
            Self::Lost => "lost",
            Self::Ecc => "ecc",
            Self::LinkDown => "link-down",
        }
    }

    /// The code that a fault has unless its rule says another.
    fn code(self) -> aclError {
        match self {
            Self::Alloc => ACL_ERROR_RT_MEMORY_ALLOCATION,
            Self::Call => ACL_ERROR_RT_INTERNAL_ERROR,
            Self::PhaseOne => ACLNN_ERR_INNER,
            Self::Late => ACL_ERROR_RT_AICORE_EXCEPTION,
            // What is slow has no code: it does not fail.
            Self::Hang | Self::Slow => ACL_ERROR_RT_AICORE_TIMEOUT,
            Self::Lost => ACL_ERROR_RT_LOST_HEARTBEAT,
            Self::Ecc => ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR,
            Self::LinkDown => ACL_ERROR_RT_LINK_ERROR,
        }
    }

    /// Whether a rule about it says of what function, operator or copy.
    pub(super) fn has_names(self) -> bool {
        matches!(self, Self::Call | Self::PhaseOne | Self::Late | Self::Hang | Self::Slow)
    }
}

/// Which of the occasions it strikes at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Nth(u64),
    Every(u64),
    Chance(f64),
    /// Milliseconds after the script was set.
    AfterMs(u64),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) text: String,
    pub(super) place: Place,
    /// The name of the function, operator or copy; `*` is any.
    pub(super) name: String,
    pub(super) device: Option<u32>,
    pub(super) when: When,
    pub(super) code: aclError,
    /// After so many milliseconds a hanging task ends; a slow one begins so many later.
    pub(super) for_ms: Option<u64>,
}

impl Rule {
    /// Whether it is about something of that name, on that device.
    pub(super) fn is_about(&self, name: &str, device: Option<u32>) -> bool {
        (self.name == "*" || self.name == name) && self.device.is_none_or(|wanted| device == Some(wanted))
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Script {
    pub(super) seed: u64,
    /// Whether occasions are counted.
    pub(super) watch: bool,
    pub(super) rules: Vec<Rule>,
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut script = Self::default();
        for line in text.split(['\n', ';']) {
            let line = line.split('#').next().unwrap_or_default().trim();
            let mut words = line.split_whitespace();
            match words.next() {
                None => {}
                Some("seed") => script.seed = number(line, words.next())?,
                Some("watch") => script.watch = true,
                Some(place) => script.rules.push(rule(line, place, words.collect())?),
            }
        }
        Ok(script)
    }
}

fn number<T: FromStr>(line: &str, word: Option<&str>) -> Result<T, String> {
    let found = word.unwrap_or("nothing");
    word.and_then(|word| word.parse().ok()).ok_or_else(|| format!("`{line}`: a number asked, {found} found"))
}

fn rule(line: &str, place: &str, words: Vec<&str>) -> Result<Rule, String> {
    let Some(place) = Place::ALL.into_iter().find(|known| known.word() == place) else {
        let known = "seed, watch, alloc, call, phase-one, late, hang, slow, lost, ecc or link-down";
        return Err(format!("`{line}`: {known} asked, `{place}` found"));
    };
    let mut words = words.into_iter();
    let name = match (place.has_names(), words.next()) {
        (false, first) => {
            words = first.into_iter().chain(words).collect::<Vec<_>>().into_iter();
            "*".to_owned()
        }
        (true, Some(name)) => name.to_owned(),
        (true, None) => return Err(format!("`{line}`: the name of a function or operator asked, or *")),
    };
    let mut rule = Rule { text: line.to_owned(), place, name, device: None, when: When::Nth(1), code: place.code(), for_ms: None };
    while let Some(word) = words.next() {
        let mut value = || words.next();
        match word {
            "at" => rule.when = When::Nth(number(line, value())?),
            "every" => rule.when = When::Every(number(line, value())?),
            "chance" => rule.when = When::Chance(number(line, value())?),
            "after-ms" => rule.when = When::AfterMs(number(line, value())?),
            "device" => rule.device = Some(number(line, value())?),
            "code" => rule.code = number(line, value())?,
            "for-ms" => rule.for_ms = Some(number(line, value())?),
            other => return Err(format!("`{line}`: at, every, chance, after-ms, device, code or for-ms asked, `{other}` found")),
        }
    }
    match rule.when {
        When::Nth(0) | When::Every(0) => Err(format!("`{line}`: occasions are counted from 1")),
        When::Chance(chance) if !(0.0..=1.0).contains(&chance) => Err(format!("`{line}`: a chance from 0 to 1 asked")),
        _ if rule.for_ms.is_some() && !matches!(place, Place::Hang | Place::Slow) => {
            Err(format!("`{line}`: for-ms is about what hangs or is slow"))
        }
        _ if rule.for_ms.is_none() && place == Place::Slow => Err(format!("`{line}`: for-ms asked: how much longer it takes")),
        _ if rule.code == 0 => Err(format!("`{line}`: a code other than 0 asked, which is success")),
        _ => Ok(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_rules_and_wrong_ones_are_refused_with_what_is_known() {
        let script: Script = "seed 7; alloc at 3 # the third\n\nlate aclnnMm chance 0.5 device 1 code 507035".parse().unwrap();
        assert_eq!((script.seed, script.rules.len()), (7, 2));
        assert_eq!((script.rules[0].place, script.rules[0].when), (Place::Alloc, When::Nth(3)));
        let late = &script.rules[1];
        assert_eq!((late.device, late.code, late.when), (Some(1), 507_035, When::Chance(0.5)));
        assert!(late.is_about("aclnnMm", Some(1)) && !late.is_about("aclnnMm", Some(0)) && !late.is_about("aclnnAdd", Some(1)));
        let wrongs = [
            "fire",
            "call",
            "alloc at",
            "alloc at 0",
            "alloc chance 2",
            "alloc soon",
            "call aclInit code 0",
            "seed x",
            "ecc for-ms 5",
            "slow aclnnMm",
        ];
        for wrong in wrongs {
            assert!(wrong.parse::<Script>().unwrap_err().starts_with(&format!("`{wrong}`: ")), "{wrong}");
        }
    }
}
