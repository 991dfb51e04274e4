//! Finds the commands of a text.

/// zsh ends a command over a `?`, `*` or `[` outside quotes that names no file, and knows no comments at its prompt.
pub(crate) fn assert_safe_to_paste(command: &str) {
    let (mut quote, mut escaped) = (None, false);
    for c in command.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') if quote != Some('\'') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '?' | '*' | '[' | '#' | '!' | '~') => panic!("{c} stands outside quotes in {command}"),
            _ => {}
        }
    }
}

/// The indented blocks of a text.
pub(crate) fn blocks(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(line) => blocks.last_mut().expect("there is one").push_str(&format!("{line}\n")),
            None => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// The commands of a text: what follows `$ ` in an indented block, to the end of its quotes, its `\`s and its `<<'END'`.
pub(crate) fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in blocks(text).iter().flat_map(|block| block.lines()) {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push(format!("{command}\n")),
            None if commands.last().is_some_and(|last| is_open(last)) => {
                commands.last_mut().expect("it is open").push_str(&format!("{line}\n"));
            }
            None => {}
        }
    }
    commands
}

/// Whether a command goes on in the next line.
fn is_open(command: &str) -> bool {
    if command.contains("<<'END'") {
        return !command.ends_with("\nEND\n");
    }
    let (mut quote, mut escaped) = (None, false);
    for c in command.chars() {
        match (quote, c) {
            // A backslash at the end of a line joins the next one.
            (_, '\n') if escaped => {}
            _ if escaped => escaped = false,
            (_, '\\') if quote != Some('\'') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
    }
    quote.is_some() || escaped
}

/// The texts of a page's ```js blocks.
pub(crate) fn scripts(text: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("\n```js\n") {
        let (script, after) = after.split_once("\n```\n").expect("a block ends");
        scripts.push(format!("{script}\n"));
        rest = after;
    }
    scripts
}

#[test]
fn a_command_ends_where_its_quotes_end() {
    let text = "    $ a 'b\n      c' \\\n      d\n    printed\n    $ e <<'END'\n    f\n    END\n    printed\n";
    assert_eq!(commands(text), ["a 'b\n  c' \\\n  d\n", "e <<'END'\nf\nEND\n"]);
}
