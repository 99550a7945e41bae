//! What the system says of this process.

/// The most memory that was resident at once, in bytes. Known on Linux only.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Memory that programs can take without others being swapped out, in bytes. Known on Linux only.
pub(crate) fn available_bytes() -> Option<usize> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn what_is_available_is_told() {
        assert!(super::available_bytes().unwrap() > 0);
    }

    #[test]
    fn peak_covers_what_was_touched() {
        let touched = vec![1u8; 64 << 20];
        assert!(super::peak_bytes().unwrap() >= std::hint::black_box(&touched).len() as u64);
    }
}
