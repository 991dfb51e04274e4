//! CLDR's tables: JSON texts by section and language, deflated within the program.

use std::collections::HashMap;
use std::io::Read;
use std::sync::OnceLock;

use flate2::read::DeflateDecoder;

/// The length of the index, the index, and the chunks that it names by offset and length.
static TABLES: &[u8] = include_bytes!("../data/tables.bin");

type Index = HashMap<String, (usize, usize)>;

/// The JSON text of a table: `core`, or a section and a language such as `dates/de`; `None` when there is none.
pub fn table(name: &str) -> Option<String> {
    static INDEX: OnceLock<Index> = OnceLock::new();
    let (head, chunks) = TABLES[4..].split_at(index_length());
    let index = INDEX.get_or_init(|| {
        serde_json::from_str(&inflated(head)).expect("scripts/intl-tables.mjs writes an index that can be read")
    });
    let &(at, length) = index.get(name)?;
    Some(inflated(&chunks[at..at + length]))
}

fn index_length() -> usize {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&TABLES[..4]);
    u32::from_le_bytes(bytes) as usize
}

fn inflated(bytes: &[u8]) -> String {
    let mut text = String::new();
    DeflateDecoder::new(bytes).read_to_string(&mut text).expect("scripts/intl-tables.mjs writes text");
    text
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn every_table_is_json_and_others_are_none() {
        for name in [
            "core",
            "dates/de",
            "zones/en",
            "numbers/hi",
            "currencies/fr",
            "units/ja",
            "relative/ar",
            "lists/es",
            "names/pt",
        ] {
            let text = table(name).unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{name}");
        }
        assert_eq!(table("dates/xx"), None);
    }
}
