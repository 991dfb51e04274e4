//! What a text shows of itself to the modules' system: what it imports, exports and requires, and which kind of module it
//! is.

use std::collections::HashSet;

use crate::statements::{Statement, begins, export_from_at, import_at, unquoted};
use crate::tokens::{Kind, Token, Tokens};

/// A text's imports, exports and calls of `require`.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    /// Static imports, and exports from other modules, each specifier once, in order.
    pub(crate) imports: Vec<Import>,
    /// What `require` and `import()` get as a literal.
    pub(crate) called: Vec<String>,
    /// What the code must do without to be a function's body.
    pub(crate) edits: Vec<Edit>,
    /// It has an `export` statement.
    pub(crate) exports: bool,
    /// The words of CommonJS that it uses: `require(…)`, `module.exports`, `exports.x = …`.
    words: HashSet<&'static str>,
    /// Those of them that it declares itself: they are variables like any other.
    declared: HashSet<&'static str>,
    /// It asks whether there is CommonJS, as files do that run everywhere.
    asks: bool,
    /// It requires something outside of all functions: it can be nothing but CommonJS.
    requires_at_top: bool,
    import_meta: bool,
    /// Names that stand free in it and that Node gives to modules.
    free: HashSet<&'static str>,
    /// It is nothing but `const x = require("y")`.
    bare_require: bool,
}

/// One name that is imported.
#[derive(Debug)]
pub(crate) struct Import {
    /// The statement on one line.
    pub(crate) text: String,
    /// Which module it names.
    pub(crate) specifier: String,
    /// Something of the module gets a name: it is not `import "x"` alone.
    pub(crate) bound: bool,
}

/// A piece of the code that goes, and what stands there instead; the rest is blank.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) instead: &'static str,
}

/// What Node gives every CommonJS module besides the globals.
pub(crate) const NODE_NAMES: [&str; 5] = ["exports", "require", "module", "__filename", "__dirname"];

/// `export default` of a value: a statement of as many columns, whatever the value is. An arrow function may stand behind
/// an assignment, not behind `void`.
const VALUE: &str = ";({}).d=";

impl Surface {
    /// Reads the tokens of a text.
    pub(crate) fn of(text: &str) -> Self {
        let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
        let mut surface = Self::default();
        let mut bound = HashSet::new();
        let mut behind = 0;
        // Code that calls nothing does nothing: an export in it is the predecessor's error.
        let calls = tokens.iter().any(|token| token.text == "(");
        for (index, token) in tokens.iter().enumerate() {
            surface.note_word(&tokens, index);
            // In code that is none, one statement may seem to begin within another.
            if token.start < behind {
                continue;
            }
            if let Some(statement) = import_at(&tokens, index) {
                behind = statement.end;
                bound.extend(NODE_NAMES.into_iter().filter(|name| has_word(&statement.text, name)));
                surface.edits.push(Edit { start: statement.start, end: statement.end, instead: ";" });
                surface.import(statement);
            } else if calls && begins(&tokens, index, "export") {
                surface.exports = true;
                behind = surface.export(&tokens, index);
            }
        }
        surface.free.retain(|name| !bound.contains(name));
        let declared = std::mem::take(&mut surface.declared);
        surface.words.retain(|name| !declared.contains(name) && !bound.contains(name));
        surface.requires_at_top &= surface.words.contains("require");
        surface.bare_require = is_bare_require(&tokens);
        surface
    }

    fn import(&mut self, statement: Statement) {
        let Statement { text, specifier, .. } = statement;
        let bound = !text.trim_start_matches("import").trim_start().starts_with(['"', '\'']);
        self.imports.push(Import { text, specifier, bound });
    }

    /// The exports of the code go: what is declared stays. Answers where the statement's removed part ends.
    fn export(&mut self, tokens: &[Token<'_>], index: usize) -> usize {
        let start = tokens[index].start;
        if let Some(statement) = export_from_at(tokens, index) {
            let end = statement.end;
            self.edits.push(Edit { start, end, instead: ";" });
            // What is exported from elsewhere runs, and gets no name here.
            self.imports.push(Import {
                text: format!("import {:?}", statement.specifier),
                specifier: statement.specifier,
                bound: true,
            });
            return end;
        }
        let next = |offset: usize| tokens.get(index + offset).map_or("", |token| token.text);
        let behind = |offset: usize| tokens.get(index + offset).map_or(start, |token| token.start + token.text.len());
        let (end, instead) = match next(1) {
            "default" => (behind(1), if declares(tokens, index + 2) { "" } else { VALUE }),
            "{" => {
                let close = tokens[index + 1..].iter().position(|token| token.text == "}");
                (close.map_or(start, |close| behind(1 + close)), ";")
            }
            _ => (behind(0), ""),
        };
        self.edits.push(Edit { start, end, instead });
        end
    }

    fn note_word(&mut self, tokens: &[Token<'_>], index: usize) {
        let token = &tokens[index];
        if token.kind != Kind::Word || (index > 0 && matches!(tokens[index - 1].text, "." | "?.")) {
            return;
        }
        let next = |offset: usize| tokens.get(index + offset).map_or("", |token| token.text);
        let literal = || tokens.get(index + 2).filter(|token| token.kind == Kind::String && next(1) == "(");
        if token.text == "import" {
            self.import_meta |= next(1) == "." && next(2) == "meta";
            self.called.extend(literal().map(|token| unquoted(token.text)));
            return;
        }
        let Some(name) = NODE_NAMES.into_iter().find(|name| *name == token.text) else { return };
        let before = index.checked_sub(1).map_or("", |before| tokens[before].text);
        if matches!(before, "const" | "let" | "var" | "function" | "class") {
            self.declared.insert(name);
        }
        if before == "typeof" {
            self.asks = true;
            return;
        }
        // A member's name in an object, as in `{ module: 1 }`, is none.
        if next(1) != ":" || before == "?" {
            self.free.insert(name);
        }
        match name {
            "require" => {
                if next(1) == "(" || next(1) == "." {
                    self.words.insert(name);
                }
                self.requires_at_top |= next(1) == "(" && token.depth == 0;
                self.called.extend(literal().map(|token| unquoted(token.text)));
            }
            "module" if next(1) == "." && next(2) == "exports" => drop(self.words.insert(name)),
            "exports" if next(1) == "," || next(1) == "." && next(3) == "=" => drop(self.words.insert(name)),
            _ => {}
        }
    }

    /// Whether the name stands free in the text: nothing is imported under it.
    pub(crate) fn free(&self, name: &str) -> bool {
        // The predecessor knew no `require`, and code that does nothing but call it ends as there.
        self.free.contains(name) && !self.bare_require && (name.starts_with('_') || self.may_be_common_js())
    }

    /// A library that was pasted into code of the predecessor asks what there is, and finds nothing.
    fn may_be_common_js(&self) -> bool {
        !self.asks || self.requires_at_top
    }

    /// It can only be a module.
    fn is_module(&self) -> bool {
        self.exports || self.import_meta || self.imports.iter().any(|import| import.bound)
    }

    /// Whether the code is CommonJS.
    pub(crate) fn is_common_js(&self) -> bool {
        !self.words.is_empty()
            && self.may_be_common_js()
            && !self.bare_require
            && self.imports.is_empty()
            && !self.is_module()
    }

    /// Whether a file is CommonJS by what is in it; such a file may ask what there is.
    pub(crate) fn is_common_js_file(&self) -> bool {
        (!self.words.is_empty() || self.asks) && self.imports.is_empty() && !self.is_module()
    }

    /// Every name that it imports, requires or loads.
    pub(crate) fn specifiers(&self) -> impl Iterator<Item = &str> {
        let required = self.called.iter().filter(|_| !self.bare_require);
        self.imports.iter().map(|import| import.specifier.as_str()).chain(required.map(String::as_str))
    }

    /// The names of its static imports, each once, in order. A job may have hundreds of thousands.
    pub(crate) fn imported(&self) -> Vec<String> {
        let mut known = HashSet::new();
        let names = self.imports.iter().map(|import| &import.specifier);
        names.filter(|name| known.insert(name.as_str())).cloned().collect()
    }
}

/// Tells whether a word of letters, digits and `_` stands in the text with none of these beside it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

/// Whether a function or class with a name stands there.
fn declares(tokens: &[Token<'_>], index: usize) -> bool {
    let mut rest = tokens[index.min(tokens.len())..].iter().map(|token| token.text).peekable();
    let _ = rest.next_if_eq(&"async");
    let class = rest.peek() == Some(&"class");
    if !class && rest.peek() != Some(&"function") {
        return false;
    }
    rest.next();
    let _ = rest.next_if_eq(&"*");
    rest.peek().is_some_and(|next| !matches!(*next, "(" | "{" | "extends"))
}

/// `const x = require("y");` and nothing else.
fn is_bare_require(tokens: &[Token<'_>]) -> bool {
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    matches!(
        texts[..],
        ["const" | "let" | "var", _, "=", "require", "(", _, ")"]
            | ["const" | "let" | "var", _, "=", "require", "(", _, ")", ";"]
    )
}

#[cfg(test)]
mod tests {
    use super::Surface;
    use crate::source::wrap;

    #[test]
    fn code_is_common_js_when_it_can_be_nothing_else() {
        for (code, expected) in [
            ("const p = require('puppeteer'); p.launch()", true),
            ("module.exports = 1", true),
            ("exports.a = 1", true),
            ("const fs = require(\"fs\");", false),
            ("import a from 'b'; const c = require('d')", false),
            ("export const a = 1; require('b')", false),
            ("!function(e,t){'object'==typeof exports?module.exports=t():e.x=t()}(globalThis,()=>1)", false),
            ("x.require('a'); const o = { module: 1 }; o.exports.b = 1", false),
            ("const s = 'require(1)' // module.exports", false),
            ("const s = `${ { a: 1 }.a } require('b') ${ `${ {} }` } module.exports`", false),
            ("typeof require + typeof module + typeof exports", false),
            ("const exports = [1]; exports.map(String); exports.length = 0", false),
            ("function require(x) { return x } require('a')", false),
        ] {
            assert_eq!(Surface::of(code).is_common_js(), expected, "{code}");
        }
    }

    #[test]
    fn exports_of_the_code_go_and_columns_stay() {
        let body = |code: &str| {
            let wrapped = wrap(code, &Surface::of(code)).text;
            wrapped.lines().skip(1).take(code.lines().count()).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(body("export const a = 1;"), "export const a = 1;");
        assert_eq!(body("export const a = f();"), "       const a = f();");
        assert_eq!(body("export default async () => 1"), ";({}).d=       async () => 1");
        assert_eq!(body("export default async function main() {}"), "               async function main() {}");
        assert_eq!(body("export default class extends A {}; c()"), ";({}).d=       class extends A {}; c()");
        assert_eq!(body("export {\n a, b }; c()"), ";       \n       ; c()");
    }

    #[test]
    fn lines_stay_where_they_are_whatever_an_import_spans() {
        for code in [
            "import a from 'b\\\nc';\nf()",
            "import a from 'b\\\r\nc';\nf()",
            "import * as `\n` from 'b';\nf()",
            "import * as /(?:)/ from 'b';\nf()",
            "import {\n  a,\n} from 'b' with {\n type: 'j\\\r\nson' };\nf()",
            "export * as 'a\\\r\nb' from 'c';\nf()",
        ] {
            let line = |text: &str| text.lines().position(|line| line.ends_with("f()"));
            assert_eq!(line(&wrap(code, &Surface::of(code)).text), line(code).map(|line| line + 1), "{code}");
        }
        let specifier = |code: &str| Surface::of(code).imported().concat();
        assert_eq!(specifier("import 'a\\\r\nb'"), "ab");
        assert_eq!(specifier("import 'a\\\u{2028}b\\\nc'"), "abc");
    }

    #[test]
    fn names_that_the_code_has_itself_are_not_given() {
        let names = |code: &str| wrap(code, &Surface::of(code)).names;
        assert_eq!(names("import module from 'module'; module.createRequire(__filename)"), ["__filename"]);
        assert_eq!(names("import a from 'a'; require('b')"), ["require"]);
        assert_eq!(names("const fs = require(\"fs\");"), [""; 0]);
        assert_eq!(names("require('b')"), ["exports", "require", "module", "__filename", "__dirname"]);
    }
}
