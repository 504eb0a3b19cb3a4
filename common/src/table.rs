//! What a measuring program prints: a table with bars drawn in text, or the same as JSON.
//!
//! ```
//! use common::table::Table;
//!
//! let mut table = Table::new().text("work").number("threads", 0).bar("speed_up", 2);
//! table.row(["CPU".into(), 1.into(), 1.0.into()]);
//! table.row(["CPU".into(), 2.into(), 1.9.into()]);
//! assert_eq!(
//!     table.to_string(),
//!     "work  threads  speed_up\n\
//!      CPU         1      1.00  ############\n\
//!      CPU         2      1.90  ########################\n"
//! );
//! assert_eq!(table.to_json()[1]["speed_up"], 1.9);
//! ```

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

/// The longest bar.
const BAR: f64 = 24.0;

/// Rows under named columns.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

#[derive(Debug)]
struct Column {
    name: Cow<'static, str>,
    /// Digits after the point; `None` for text.
    digits: Option<usize>,
    /// Whether a bar follows each number.
    bar: bool,
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Table::default()
    }

    /// With one more column: text, to the left.
    pub fn text(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.column(Column { name: name.into(), digits: None, bar: false })
    }

    /// With one more column: numbers with so many digits after the point, to the right.
    pub fn number(self, name: impl Into<Cow<'static, str>>, digits: usize) -> Self {
        self.column(Column { name: name.into(), digits: Some(digits), bar: false })
    }

    /// With one more column: numbers, each with a bar after it as long as it is great.
    pub fn bar(self, name: impl Into<Cow<'static, str>>, digits: usize) -> Self {
        self.column(Column { name: name.into(), digits: Some(digits), bar: true })
    }

    /// Adds a row: a value for each column.
    ///
    /// # Panics
    ///
    /// If there are more or fewer.
    pub fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        let row: Vec<Value> = values.into_iter().collect();
        assert_eq!(row.len(), self.columns.len(), "a value for each column");
        self.rows.push(row);
    }

    /// An array of objects, one for each row, with the columns' names as keys; numbers are not rounded.
    pub fn to_json(&self) -> Value {
        let object = |row: &Vec<Value>| {
            let names = self.columns.iter().map(|column| column.name.clone().into_owned());
            names.zip(row.iter().cloned()).collect::<Map<_, _>>()
        };
        self.rows.iter().map(object).collect()
    }

    fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![String::new(); self.rows.len() + 1];
        for (index, column) in self.columns.iter().enumerate() {
            let values = self.rows.iter().map(|row| &row[index]);
            let cells = values.clone().map(|value| column.cell(value));
            let cells: Vec<String> =
                [column.name.clone().into_owned()].into_iter().chain(cells).collect();
            let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            for (line, cell) in lines.iter_mut().zip(&cells) {
                line.push_str(if index == 0 { "" } else { "  " });
                line.push_str(&match column.digits {
                    Some(_) => format!("{cell:>width$}"),
                    None => format!("{cell:<width$}"),
                });
            }
            if column.bar {
                let values: Vec<f64> = values.map(|v| v.as_f64().unwrap_or(0.0)).collect();
                let greatest = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
                for (line, value) in lines.iter_mut().skip(1).zip(values) {
                    let length = (value.max(0.0) / greatest * BAR) as usize;
                    line.push_str(&format!("  {:<1$}", "#".repeat(length), BAR as usize));
                }
            }
        }
        lines.iter().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

impl Column {
    fn cell(&self, value: &Value) -> String {
        match (self.digits, value) {
            (_, Value::String(text)) => text.clone(),
            (Some(digits), value) => format!("{:.digits$}", value.as_f64().unwrap_or(f64::NAN)),
            (None, value) => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new().text("a").number("ms", 1).text("z");
        table.row(["long text".into(), 1234.56.into(), "x".into()]);
        table.row(["é".into(), 7.into(), "".into()]);
        let lines = ["a              ms  z", "long text  1234.6  x", "é             7.0"];
        assert_eq!(table.to_string(), lines.join("\n") + "\n");
    }

    #[test]
    fn the_greatest_has_the_longest_bar_and_zero_has_none() {
        let mut table = Table::new().bar("n", 0);
        for n in [0, 1, 2] {
            table.row([n.into()]);
        }
        let bars: Vec<usize> =
            table.to_string().lines().map(|l| l.matches('#').count()).skip(1).collect();
        assert_eq!(bars, [0, 12, 24]);
    }

    #[test]
    fn json_has_the_values_as_they_were_given() {
        let mut table = Table::new().text("name").number("ms", 0);
        table.row(["x".into(), 0.25.into()]);
        assert_eq!(table.to_json().to_string(), r#"[{"ms":0.25,"name":"x"}]"#);
        assert_eq!(Table::new().to_json().to_string(), "[]");
    }

    #[test]
    #[should_panic(expected = "a value for each column")]
    fn a_row_has_a_value_for_each_column() {
        Table::new().text("name").row([]);
    }
}
