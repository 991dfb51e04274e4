//! Where characters, words and sentences end.

use icu_locale::{LanguageIdentifier, Locale};
use icu_segmenter::options::{SentenceBreakOptions, WordBreakOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};

/// What a text is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// What a reader sees as one character.
    Grapheme,
    /// Words and what is between them.
    Word,
    /// Sentences.
    Sentence,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it ends, in units of UTF-16.
    pub end: usize,
    /// It is a word, or a number.
    pub is_word: bool,
}

/// The pieces of a text, in units of UTF-16, in order. Some languages have rules of their own for words and sentences: a Greek
/// question ends with a semicolon. A tag that cannot be read counts as none.
pub fn segments(text: &[u16], granularity: Granularity, tag: &str) -> Vec<Segment> {
    let language = tag.parse::<Locale>().map_or(LanguageIdentifier::UNKNOWN, |locale| locale.id);
    let segment = |end| Segment { end, is_word: false };
    match granularity {
        Granularity::Grapheme => GraphemeClusterSegmenter::new().segment_utf16(text).skip(1).map(segment).collect(),
        Granularity::Sentence => {
            let mut options = SentenceBreakOptions::default();
            options.content_locale = Some(&language);
            let segmenter = SentenceSegmenter::try_new(options).expect("the rules are part of the program");
            segmenter.as_borrowed().segment_utf16(text).skip(1).map(segment).collect()
        }
        Granularity::Word => {
            let mut options = WordBreakOptions::default();
            options.content_locale = Some(&language);
            let segmenter =
                WordSegmenter::try_new_dictionary(options).expect("rules and words are part of the program");
            let segmenter = segmenter.as_borrowed();
            let pieces = segmenter.segment_utf16(text).iter_with_word_type().skip(1);
            pieces.map(|(end, kind)| Segment { end, is_word: kind.is_word_like() }).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Granularity, segments};

    fn pieces(text: &str, granularity: Granularity) -> Vec<String> {
        pieces_in("en", text, granularity)
    }

    fn pieces_in(tag: &str, text: &str, granularity: Granularity) -> Vec<String> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut start = 0;
        let cut = |segment: super::Segment| {
            let piece = String::from_utf16_lossy(&units[start..segment.end]);
            start = segment.end;
            if segment.is_word { format!("<{piece}>") } else { piece }
        };
        segments(&units, granularity, tag).into_iter().map(cut).collect()
    }

    #[test]
    fn texts_are_cut_where_readers_do() {
        assert_eq!(pieces("a👨‍👩‍👧e\u{301}", Granularity::Grapheme), ["a", "👨‍👩‍👧", "e\u{301}"]);
        assert_eq!(pieces("Hi, you 2!", Granularity::Word), ["<Hi>", ",", " ", "<you>", " ", "<2>", "!"]);
        assert_eq!(pieces("One. Two?", Granularity::Sentence), ["One. ", "Two?"]);
        assert_eq!(pieces("吾輩は猫", Granularity::Word).concat().matches('<').count(), 3);
        assert_eq!(pieces("", Granularity::Word), [""; 0]);
        assert_eq!(pieces_in("el", "Τι; Ναι.", Granularity::Sentence), ["Τι; ", "Ναι."]);
        assert_eq!(pieces("Τι; Ναι.", Granularity::Sentence), ["Τι; Ναι."]);
    }
}
