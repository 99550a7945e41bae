//! Takes names out of a shared object, so that no look-up finds them.

use std::collections::HashSet;

/// Bytes of an entry of the symbol table, and where its parts lie.
const SYMBOL_BYTES: usize = 24;
const SECTION_INDEX: usize = 6;

/// A number of `N` bytes at an offset.
fn number<const N: usize>(bytes: &[u8], offset: usize) -> Option<usize> {
    let part = bytes.get(offset..offset.checked_add(N)?)?;
    let mut whole = [0; 8];
    whole[..N].copy_from_slice(part);
    usize::try_from(u64::from_le_bytes(whole)).ok()
}

/// A section: its type, the file's bytes that it is, and the section that it refers to.
fn section(bytes: &[u8], index: usize) -> Option<(usize, std::ops::Range<usize>, usize)> {
    let (table, size) = (number::<8>(bytes, 0x28)?, number::<2>(bytes, 0x3A)?);
    let header = table.checked_add(index.checked_mul(size)?)?;
    let (start, length) = (number::<8>(bytes, header + 0x18)?, number::<8>(bytes, header + 0x20)?);
    Some((number::<4>(bytes, header + 4)?, start..start.checked_add(length)?, number::<4>(bytes, header + 0x28)?))
}

/// Hides the names from look-ups: their entries of the dynamic symbol table are left without a name. The hash table leads to them still, but no name is theirs.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn hide(bytes: &mut [u8], names: &HashSet<&str>) -> Result<usize, &'static str> {
    const DYNAMIC_SYMBOLS: usize = 11;
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return Err("not a shared object of a 64-bit little-endian machine");
    }
    let broken = "the shared object is cut off, or has no dynamic symbols";
    let sections = number::<2>(bytes, 0x3C).ok_or(broken)?;
    let found = (0..sections).filter_map(|index| section(bytes, index)).find(|(kind, ..)| *kind == DYNAMIC_SYMBOLS);
    let (_, symbols, strings) = found.ok_or(broken)?;
    let (_, strings, _) = section(bytes, strings).ok_or(broken)?;
    let strings = bytes.get(strings).ok_or(broken)?.to_vec();
    let symbols = bytes.get_mut(symbols).ok_or(broken)?;
    let mut hidden = 0;
    for symbol in symbols.chunks_exact_mut(SYMBOL_BYTES) {
        let name = number::<4>(symbol, 0).and_then(|start| strings.get(start..)).and_then(|rest| rest.split(|byte| *byte == 0).next());
        let defined = number::<2>(symbol, SECTION_INDEX).is_some_and(|section| section != 0);
        if defined && name.and_then(|name| std::str::from_utf8(name).ok()).is_some_and(|name| names.contains(name)) {
            symbol[..4].fill(0);
            hidden += 1;
        }
    }
    Ok(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_shared_object_is_refused() {
        let names = HashSet::new();
        assert!(hide(&mut b"#!/bin/sh".to_vec(), &names).is_err());
        assert!(hide(&mut b"\x7fELF\x02\x01".to_vec(), &names).is_err());
        let mut cut = vec![0; 64];
        cut[..6].copy_from_slice(b"\x7fELF\x02\x01");
        cut[0x28] = 0xFF;
        cut[0x3C] = 3;
        assert!(hide(&mut cut, &names).is_err());
    }
}
