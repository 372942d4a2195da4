//! What was seen over all rounds, as a table, and what of it is wrong.

use std::fmt;

use super::window::Window;

/// The subjects with their windows, the one that others are measured against first.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<(&'static str, Vec<Window>)>,
}

impl Table {
    pub(crate) fn new<const N: usize>(names: [&'static str; N]) -> Self {
        Self { rows: names.into_iter().map(|name| (name, Vec::new())).collect() }
    }

    /// Takes the next round's window of a subject.
    pub(crate) fn add(&mut self, at: usize, window: Window) {
        self.rows[at].1.push(window);
    }

    /// The cost of a subject to that of the first one: the middle of the rounds' ratios, because both of a round ran
    /// in the same minute.
    fn ratio(&self, at: usize) -> Option<f64> {
        let rounds = self.rows[at].1.iter().zip(&self.rows[0].1);
        Spread::of(rounds.filter_map(|(window, bare)| Some(window.cost()? / bare.cost()?))).map(|spread| spread.median)
    }

    /// Wrong replies are an error, and so are ratios above the budget.
    pub(crate) fn judge(&self, budget: Option<f64>) -> Result<(), String> {
        let mut wrong = Vec::new();
        for (at, (name, windows)) in self.rows.iter().enumerate() {
            let errors: u64 = windows.iter().map(|window| window.errors).sum();
            if windows.iter().any(|window| !window.served) {
                wrong.push(format!("{name} is not served"));
            } else if errors > 0 {
                wrong.push(format!("{name}: {errors} wrong replies"));
            }
            match (self.ratio(at), budget) {
                (Some(ratio), Some(budget)) if ratio > budget => {
                    wrong.push(format!("{name} costs {ratio:.2} times {}, the budget is {budget}", self.rows[0].0));
                }
                (None, _) if errors == 0 => wrong.push(format!("{name}: nothing was measured")),
                _ => {}
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = self.rows[0].0;
        writeln!(f, "{:46}CPU seconds per 100,000 requests", "")?;
        writeln!(
            f,
            "{:<9}{:>10}{:>8}{:>11}   {:>7}{:>7}{:>7}{:>7}{:>8}   resident MiB",
            "subject", "requests", "errors", "requests/s", "median", "min", "max", "user", bare
        )?;
        for (at, (name, windows)) in self.rows.iter().enumerate() {
            let sum = |of: fn(&Window) -> u64| windows.iter().map(of).sum::<u64>();
            write!(f, "{name:<9}{:>10}{:>8}", sum(|window| window.requests), sum(|window| window.errors))?;
            let middle =
                |of: fn(&Window) -> f64| Spread::of(windows.iter().map(of)).map_or(0.0, |spread| spread.median);
            let costs = Spread::of(windows.iter().filter_map(Window::cost));
            let (Some(costs), Some(own), Some(ratio)) =
                (costs, Spread::of(windows.iter().filter_map(Window::own_cost)), self.ratio(at))
            else {
                writeln!(
                    f,
                    "   {}",
                    if windows.iter().any(|window| window.served) { "no figures" } else { "not served" }
                )?;
                continue;
            };
            write!(f, "{:>11.0}   ", middle(Window::rate))?;
            write!(f, "{:>7.3}{:>7.3}{:>7.3}{:>7.3}", costs.median, costs.least, costs.most, own.median)?;
            writeln!(f, "{:>7.2}×   {:.1} → {:.1}", ratio, middle(|w| w.memory.0), middle(|w| w.memory.1))?;
        }
        for (name, windows) in &self.rows {
            if windows.iter().any(Window::is_limited_by_the_load) {
                writeln!(f, "{name}: the load was at its limit, so its requests/s are a lower bound")?;
            }
        }
        Ok(())
    }
}

/// The middle and the ends of some figures.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let (low, high) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
        Some(Self { median: f64::midpoint(low, high), least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(server: f64) -> Window {
        let memory = (4.0, 5.0);
        Window {
            requests: 100_000,
            served: true,
            seconds: 2.0,
            server,
            user: server / 2.0,
            memory,
            ..Window::default()
        }
    }

    /// The machine was slow in the second round, for both.
    fn table() -> Table {
        let mut table = Table::new(["bare", "session"]);
        for (bare, session) in [(1.0, 1.5), (4.0, 6.4), (1.0, 1.7)] {
            table.add(0, window(bare));
            table.add(1, window(session));
        }
        table
    }

    #[test]
    fn a_ratio_is_of_one_round() {
        assert_eq!((table().ratio(0), table().ratio(1)), (Some(1.0), Some(1.6)));
        let text = table().to_string();
        let session: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
        let expected =
            ["session", "300000", "0", "50000", "1.700", "1.500", "6.400", "0.850", "1.60×", "4.0", "→", "5.0"];
        assert_eq!(session, expected, "{text}");
    }

    #[test]
    fn wrong_replies_and_high_costs_are_errors() {
        assert_eq!(table().judge(None), Ok(()));
        assert_eq!(table().judge(Some(1.6)), Ok(()));
        let why = table().judge(Some(1.59)).unwrap_err();
        assert_eq!(why, "session costs 1.60 times bare, the budget is 1.59");
        let mut some = table();
        some.rows[1].1[2].errors = 2;
        assert_eq!(some.judge(None), Err("session: 2 wrong replies".to_owned()));
    }

    #[test]
    fn what_is_not_served_is_an_error() {
        let mut table = table();
        table.rows[1].1.iter_mut().for_each(|w| *w = Window { errors: 1, ..Window::default() });
        assert_eq!(table.judge(Some(9.0)), Err("session is not served".to_owned()));
        assert!(table.to_string().ends_with("not served\n"), "{table}");
        assert_eq!(Table::new(["bare"]).judge(None), Err("bare: nothing was measured".to_owned()));
    }

    #[test]
    fn the_middle_of_an_even_number_is_between() {
        let spread = Spread::of([4.0, 1.0, 2.0, 9.0].into_iter());
        assert_eq!(spread, Some(Spread { median: 3.0, least: 1.0, most: 9.0 }));
        assert_eq!(Spread::of(std::iter::empty()), None);
    }
}
