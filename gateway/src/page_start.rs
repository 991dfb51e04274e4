//! Gateways look at what is due at the same time, and see the same page of it. Each begins at a place of its own, so that they
//! meet at its end instead of at each entry: who comes second to one has asked the store for nothing.

/// Turns a page so that it begins anywhere.
pub(crate) fn anywhere<T>(page: &mut [T]) {
    let mut bytes = [0; 4];
    // Without a random number it begins at its first entry, which is right, too.
    let _ = getrandom::fill(&mut bytes);
    let (length, place) = (page.len(), u32::from_le_bytes(bytes) as usize);
    page.rotate_left(place.checked_rem(length).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::anywhere;

    #[test]
    fn a_page_keeps_its_entries_and_their_order() {
        for length in [0, 1, 2, 200] {
            let mut page: Vec<_> = (0..length).collect();
            anywhere(&mut page);
            let first = page.first().copied().unwrap_or_default();
            assert!(page.iter().enumerate().all(|(place, entry)| *entry == (first + place) % length), "{page:?}");
        }
    }
}
