//! What the system says of this process, and of its memory.

/// The most memory that was resident at once, in bytes. Known on Linux only.
pub(crate) fn peak_bytes() -> Option<u64> {
    bytes_of("/proc/self/status", "VmHWM:")
}

/// Memory that programs can take without others being swapped out, in bytes. Known on Linux only.
pub(crate) fn available_bytes() -> Option<usize> {
    bytes_of("/proc/meminfo", "MemAvailable:")?.try_into().ok()
}

/// The line of a file that begins with `key` and gives kilobytes.
fn bytes_of(path: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix(key))?.trim().strip_suffix(" kB")?;
    kilobytes.trim().parse::<u64>().ok()?.checked_mul(1024)
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
