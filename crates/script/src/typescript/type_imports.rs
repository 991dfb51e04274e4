//! Imports that mean a type: TypeScript leaves them out, and says so nowhere.

use std::collections::HashSet;

use crate::statements::import_at;
use crate::tokens::{Kind, Token, Tokens};

/// TypeScript leaves out imports of names that stand nowhere as a value: they are types.
pub(super) fn without_unused_imports(text: &str) -> String {
    let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
    let mut imports = Vec::new();
    let mut used: HashSet<&str> = HashSet::new();
    let mut behind = 0;
    for (index, token) in tokens.iter().enumerate() {
        if token.start < behind {
            continue;
        }
        match import_at(&tokens, index) {
            Some(statement) => {
                behind = statement.end;
                imports.push((index, statement.start, statement.end));
            }
            None if token.kind == Kind::Word => drop(used.insert(token.text)),
            // A template may use any of them.
            None if token.kind == Kind::Literal => {
                used.extend(token.text.split(|each: char| !each.is_alphanumeric() && each != '_' && each != '$'))
            }
            None => {}
        }
    }
    let mut kept = text.as_bytes().to_vec();
    for (index, start, end) in imports {
        let statement: Vec<&Token<'_>> = tokens[index..].iter().take_while(|token| token.start < end).collect();
        let names = bindings(&statement);
        if names.is_empty() {
            continue;
        }
        let unused: Vec<&Binding> =
            names.iter().filter(|binding| !used.contains(&text[binding.local.clone()])).collect();
        if unused.len() == names.len() {
            blank(&mut kept, start, end);
        } else {
            unused.iter().filter(|binding| binding.in_braces).for_each(|binding| {
                blank(&mut kept, binding.range.start, binding.range.end);
            });
        }
    }
    String::from_utf8(kept).unwrap_or_else(|_| text.to_owned())
}

/// A name that an import gives to something.
struct Binding {
    /// The bytes of `a as b,`.
    range: std::ops::Range<usize>,
    /// The bytes of the name.
    local: std::ops::Range<usize>,
    in_braces: bool,
}

fn bindings(statement: &[&Token<'_>]) -> Vec<Binding> {
    let mut found: Vec<Binding> = Vec::new();
    let mut in_braces = false;
    let mut begun = None;
    // `import "x"` has none.
    if statement.get(1).is_some_and(|first| first.kind == Kind::String) {
        return found;
    }
    for (at, token) in statement.iter().enumerate().skip(1) {
        let end = token.start + token.text.len();
        match token.text {
            "from" if !in_braces && at + 1 < statement.len() && statement[at + 1].kind == Kind::String => break,
            "{" => in_braces = true,
            "}" => in_braces = false,
            "," => {
                begun = None;
                if let Some(last) = found.last_mut().filter(|_| in_braces) {
                    last.range.end = end;
                }
            }
            "as" | "*" => {}
            _ if token.kind == Kind::Word || token.kind == Kind::String => {
                let start = *begun.get_or_insert(token.start);
                // `a as b` is one binding, whose name is its last word.
                found.retain(|binding| binding.range.start != start);
                found.push(Binding { range: start..end, local: token.start..end, in_braces });
            }
            _ => {}
        }
    }
    found
}

fn blank(text: &mut [u8], start: usize, end: usize) {
    for byte in &mut text[start..end] {
        if !matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_unused_imports;

    #[test]
    fn imports_of_types_go() {
        let text = "import puppeteer, { Page, KnownDevices as K } from 'puppeteer';\n\
                    import { Only } from './types';\nimport './side';\nimport * as ns from 'ns'; import d from 'd';\n\
                    puppeteer.launch(K); `${ns}`";
        let kept = without_unused_imports(text);
        assert!(!kept.contains("Page") && !kept.contains("./types") && !kept.contains("'d'"), "{kept}");
        assert!(kept.contains("'./side'") && kept.contains("KnownDevices as K") && kept.contains("* as ns"), "{kept}");
        assert_eq!((kept.len(), kept.find("puppeteer.launch")), (text.len(), text.find("puppeteer.launch")));
    }
}
