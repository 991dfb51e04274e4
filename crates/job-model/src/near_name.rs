//! Which name somebody meant who wrote another one.

/// Returns the name that differs least, when that is by `most` letters at most and not by all of them. Capitals do not count.
pub fn near_name<'a>(name: &str, known: impl Iterator<Item = &'a str>, most: usize) -> Option<&'a str> {
    let name = name.to_lowercase();
    let letters = name.chars().count();
    let away = |known: &str| distance(&name, &known.to_lowercase());
    let nearest = known.map(|known| (away(known), known)).min_by_key(|(away, _)| *away);
    nearest.filter(|(away, _)| *away <= most && *away < letters).map(|(_, known)| known)
}

/// How many letters must be changed, added or taken away.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = line + 1;
        for (column, against) in other.iter().enumerate() {
            let changed = before + usize::from(letter != *against);
            before = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(before + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::near_name;

    #[test]
    fn the_nearest_name_is_meant_or_none() {
        let known = || ["goto", "goBack", "waitForSelector"].into_iter();
        assert_eq!(near_name("waitForSelektor", known(), 3), Some("waitForSelector"));
        assert_eq!(near_name("GoTo", known(), 1), Some("goto"));
        assert_eq!(near_name("nope", known(), 2), None);
        assert_eq!(near_name("foo", ["url"].into_iter(), 3), None, "nothing of it is left");
        assert_eq!(near_name("x", std::iter::empty(), 9), None);
    }
}
