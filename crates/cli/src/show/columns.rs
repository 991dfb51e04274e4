//! Lists: aligned columns on a terminal, tabs between the cells for programs.

use std::io::IsTerminal;

use crate::terminal::{Paint, cut, one_line, width};

/// Between two columns.
const GAP: usize = 2;

/// Rows as text. On a terminal they have a head and no line is broken; elsewhere cells are whole and stand between tabs.
pub(crate) fn columns(head: &[&str], rows: &[Vec<String>]) -> String {
    let terminal = std::io::stdout().is_terminal().then(width);
    laid_out(head, rows, terminal, Paint::stdout())
}

fn laid_out(head: &[&str], rows: &[Vec<String>], terminal: Option<usize>, paint: Paint) -> String {
    let cells = |row: &Vec<String>| row.iter().map(|cell| one_line(cell)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let Some(columns) = terminal else {
        return rows.iter().map(|row| row.join("\t") + "\n").collect();
    };
    if rows.is_empty() {
        return String::new();
    }
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> =
        head.iter().enumerate().map(|(at, name)| widest(at).unwrap_or(0).max(name.chars().count())).collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}", width = width + GAP));
        }
        cut(line.trim_end(), columns)
    };
    let head = line(&head.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let lines = rows.iter().map(|row| line(row) + "\n");
    format!("{}\n{}", paint.dim(&head), lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::laid_out;
    use crate::terminal::Paint;

    #[test]
    fn a_list_is_aligned_for_people_and_whole_for_programs() {
        let rows = [vec!["a".to_owned(), "long\ntext".to_owned()], vec!["bcd".to_owned(), "x\u{1b}[2J".to_owned()]];
        let list = |terminal| laid_out(&["ID", "WHAT"], &rows, terminal, Paint::PLAIN);
        assert_eq!(list(None), "a\tlong text\nbcd\tx\\x1b[2J\n");
        assert_eq!(list(Some(80)), "ID   WHAT\na    long text\nbcd  x\\x1b[2J\n");
        assert_eq!(list(Some(8)), "ID   WH…\na    lo…\nbcd  x\\…\n");
    }
}
