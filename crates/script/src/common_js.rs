//! CommonJS files among ES modules: which names they export, and the module that stands for them.

use crate::statements::unquoted;
use crate::tokens::{Kind, Token, Tokens};

/// The names that a file seems to export, by what it writes: `exports.a = …`, `module.exports = { a, b: … }`,
/// `Object.defineProperty(exports, "a", …)`. As in Node only what a reader sees without running it counts.
pub(crate) fn export_names(text: &str) -> Vec<String> {
    let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut names = Vec::new();
    for index in 0..tokens.len() {
        if index > 0 && texts[index - 1] == "." && texts[index] != "defineProperty" {
            continue;
        }
        let rest = match texts[index..] {
            ["module", ".", "exports", ..] => index + 3,
            ["exports", ..] => index + 1,
            ["defineProperty", "(", "exports", ",", name, ..] if tokens[index + 4].kind == Kind::String => {
                names.push(unquoted(name));
                continue;
            }
            _ => continue,
        };
        match texts[rest..] {
            [".", name, "=", next, ..] if next != "=" => names.push(name.to_owned()),
            ["=", "{", ..] => names.extend(keys(&tokens, rest + 1)),
            _ => {}
        }
    }
    names.retain(|name| is_identifier(name) && name != "default");
    names.sort_unstable();
    names.dedup();
    names
}

/// The keys of the object literal that opens there.
fn keys(tokens: &[Token<'_>], open: usize) -> Vec<String> {
    let depth = tokens[open].depth + 1;
    let mut found = Vec::new();
    let mut first = true;
    for token in &tokens[open + 1..] {
        if token.depth < depth {
            break;
        }
        if token.depth == depth && first {
            match token.kind {
                Kind::Word if matches!(token.text, "async" | "get" | "set") => continue,
                Kind::Word => found.push(token.text.to_owned()),
                Kind::String => found.push(unquoted(token.text)),
                _ => {}
            }
        }
        first = token.depth == depth && token.text == ",";
    }
    found
}

/// Whether a named export may be called so.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || matches!(first, '_' | '$'))
        && characters.all(|each| each.is_alphanumeric() || matches!(each, '_' | '$'))
}

/// An ES module with these exports of a value, which `import.meta.exports()` answers; the value is its default export.
pub(crate) fn module_text(names: &[String]) -> String {
    let (mut read, mut exported) = (String::new(), String::new());
    for (index, name) in names.iter().enumerate() {
        read.push_str(&format!(",n{index}=m?.{name}"));
        exported.push_str(&format!("n{index} as {name},"));
    }
    format!("const m=import.meta.exports(){read};export{{{exported}m as default}}")
}

#[cfg(test)]
mod tests {
    use super::{export_names, module_text};

    #[test]
    fn exported_names_are_seen_in_the_text() {
        let names = |text: &str| export_names(text).join(" ");
        assert_eq!(names("exports.a = 1; module.exports.b = 2; x.exports.c = 3; exports.d == 1"), "a b");
        assert_eq!(names("module.exports = { a, b: { c: 1 }, 'd': 2, get e() {}, async f() {}, ...g }"), "a b d e f");
        assert_eq!(names("Object.defineProperty(exports, \"__esModule\", {}); exports.default = 1"), "__esModule");
        assert_eq!(names("0 && (module.exports = { a, b })"), "a b");
    }

    #[test]
    fn the_module_that_stands_for_it_has_them_all() {
        assert_eq!(
            module_text(&["a".to_owned(), "class".to_owned()]),
            "const m=import.meta.exports(),n0=m?.a,n1=m?.class;export{n0 as a,n1 as class,m as default}"
        );
    }
}
