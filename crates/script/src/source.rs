//! The job's code as the engine gets it: the body of an async function, every line and column where its author wrote it.
//!
//! Import statements are hoisted in front of it, and `export` goes: nobody imports the code. Code that is CommonJS becomes
//! a function of a plain script, which is not strict; all other code is a module.

use std::hash::{BuildHasher, RandomState};

use crate::surface::{NODE_NAMES, Surface, has_word};
use crate::tokens::{Kind, Tokens, substitutions};

/// The code made a module or a script.
pub(crate) struct Wrapped {
    /// The text: one line more than the code, in front of it. A module has a function as its default export, a script is one.
    pub(crate) text: String,
    /// The names that the function takes, which only this module knows in Node: `require`, `__dirname` ….
    pub(crate) names: Vec<&'static str>,
    /// The text is a script.
    pub(crate) script: bool,
}

/// Wraps the code in a function of its names, which answers the function that runs it.
///
/// That one is `async (job) => …`. It tells `job` what the code threw, and that it has ended: with what the globals' names
/// mean there, since the code may have variables of these names. What the code returns is awaited after its end. Nobody
/// can guess the names of the wrapper's own variables, `eval` of the code included: what `job` writes is not limited.
pub(crate) fn wrap(code: &str, surface: &Surface) -> Wrapped {
    let mut body = String::with_capacity(code.len() + 200);
    let mut kept = 0;
    for edit in &surface.edits {
        body.push_str(&code[kept..edit.start]);
        body.push_str(edit.instead);
        // Columns and lines stay: the rest of what goes is blank.
        for (index, character) in code[edit.start..edit.end].chars().enumerate() {
            if is_line_end(character) {
                body.push(character);
            } else if index >= edit.instead.len() {
                body.push(' ');
            }
        }
        kept = edit.end;
    }
    body.push_str(&code[kept..]);
    let script = surface.is_common_js();
    let names: Vec<&'static str> = NODE_NAMES.into_iter().filter(|name| script || surface.free(name)).collect();
    let parameters = names.join(",");
    let hoisted: String = surface.imports.iter().map(|import| format!("{};", import.text)).collect();
    let (before, function, after) =
        if script { ("", "async function", "") } else { ("export default ", "async", "=>") };
    let secret = secret();
    let text = format!(
        "{hoisted}{before}({parameters})=>{function}(job_{secret}){after}{{try{{\n{body}\n}}catch(thrown_{secret}){{throw \
         job_{secret}.threw(thrown_{secret},logger)}}finally{{job_{secret}.ended(results,logger,format)}}}}"
    );
    Wrapped { text, names, script }
}

/// Whether the text may ask for what the last match was: `RegExp.$1`, `RegExp["$&"]`, `RegExp.lastMatch` and their kin.
pub(crate) fn names_reg_exp_statics(text: &str) -> bool {
    const NAMES: [&str; 7] = ["$", "last", "left", "right", "input", "[", "}"];
    text.match_indices("RegExp").any(|(at, word)| {
        // Behind `const { $1 } = RegExp` and the like there is nothing to see, so what is in front of it counts.
        let behind = text[at + word.len()..].trim_start().trim_start_matches(['?', '.']).trim_start();
        NAMES.iter().any(|name| behind.starts_with(name)) || text[..at].trim_end().ends_with("} =")
    })
}

/// Whether a word stands in the text as a name that it uses: not in a string, comment or regular expression, and not
/// where the text only asks for its type.
pub(crate) fn names(text: &str, word: &str) -> bool {
    stands_in(text, word, &["typeof", ".", "?."], 0)
}

/// The same, as a member of something, too: `globalThis.fetch`.
pub(crate) fn uses(text: &str, word: &str) -> bool {
    stands_in(text, word, &["typeof"], 0)
}

/// Whether a word is a token of the text, or of the code in its templates, and not behind one of these.
fn stands_in(text: &str, word: &str, not_behind: &[&str], nested: usize) -> bool {
    let mut before = "";
    // A token of this text has nothing beside it that a name could have.
    has_word(text, word)
        && Tokens::new(text).any(|token| {
            let found = match token.kind {
                Kind::Word => token.text == word && !not_behind.contains(&before),
                Kind::Literal if token.text.starts_with('`') => {
                    let mut inner = substitutions(token.text, nested).into_iter();
                    inner.any(|code| stands_in(code, word, not_behind, nested + 1))
                }
                _ => false,
            };
            before = token.text;
            found
        })
}

/// The text with a first line for Unix as a comment; no column moves.
pub(crate) fn without_shebang(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.strip_prefix("#!") {
        Some(rest) => format!("//{rest}").into(),
        None => text.into(),
    }
}

/// Random hexadecimal digits, from the keys that the standard library hashes with.
fn secret() -> String {
    let random = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", random(), random())
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}
