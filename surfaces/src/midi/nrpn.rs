//! Registered and non-registered parameters: control changes that say first which number is meant, then its value.

use super::cc14::{Halves, Joined};

/// Which number, of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameter {
    pub registered: bool,
    /// 0…0x3FFF.
    pub number: u16,
}

/// What is said of the parameter that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Control change 6.
    Coarse(u8),
    /// Control change 38.
    Fine(u8),
    /// Control changes 96 and 97: 1 or −1.
    Step(i32),
}

/// What is selected on one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    registered: bool,
    coarse: Option<u8>,
    fine: Option<u8>,
}

impl Selection {
    /// Takes a control change. Some if it says something of a selected parameter.
    pub fn control_change(&mut self, number: u8, value: u8) -> Option<(Parameter, Said)> {
        let said = match number {
            98 | 100 => return self.select(number == 100, None, Some(value)),
            99 | 101 => return self.select(number == 101, Some(value), None),
            6 => Said::Coarse(value),
            38 => Said::Fine(value),
            96 => Said::Step(1),
            97 => Said::Step(-1),
            _ => return None,
        };
        Some((self.selected()?, said))
    }

    /// None when nothing, or only half of a number, or the null parameter (7F 7F) is selected.
    pub fn selected(&self) -> Option<Parameter> {
        let number = crate::scale::join_fourteen(self.coarse?, self.fine?);
        (number != 0x3FFF).then_some(Parameter { registered: self.registered, number })
    }

    fn select<T>(&mut self, registered: bool, coarse: Option<u8>, fine: Option<u8>) -> Option<T> {
        if self.registered != registered {
            *self = Self { registered, coarse: None, fine: None };
        }
        self.coarse = coarse.or(self.coarse);
        self.fine = fine.or(self.fine);
        None
    }
}

/// A parameter's value as it comes in, in 7 or 14 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Data {
    halves: Halves,
}

impl Data {
    /// The value, when what was said completes one. Steps have no value. With 7 bits the fine half means nothing.
    pub fn take(&mut self, said: Said, bits: u8, at_nanos: u64) -> Option<Joined> {
        match said {
            Said::Coarse(value) if bits <= 7 => Some(Joined::Coarse(value)),
            Said::Coarse(value) => self.halves.coarse(value, at_nanos),
            Said::Fine(value) if bits > 7 => self.halves.fine(value),
            Said::Fine(_) | Said::Step(_) => None,
        }
    }

    pub fn halves(&self) -> &Halves {
        &self.halves
    }

    pub fn halves_mut(&mut self) -> &mut Halves {
        &mut self.halves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(selection: &mut Selection, messages: &[(u8, u8)]) -> Vec<(Parameter, Said)> {
        messages.iter().filter_map(|(number, value)| selection.control_change(*number, *value)).collect()
    }

    fn parameter(registered: bool, number: u16) -> Parameter {
        Parameter { registered, number }
    }

    #[test]
    fn selected_once_said_often() {
        let said = all(&mut Selection::default(), &[(99, 2), (98, 44), (6, 1), (38, 2), (6, 3), (96, 0), (97, 0)]);
        let nrpn = parameter(false, 300);
        assert_eq!(
            said,
            [Said::Coarse(1), Said::Fine(2), Said::Coarse(3), Said::Step(1), Said::Step(-1)].map(|said| (nrpn, said))
        );
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(all(&mut Selection::default(), &[(6, 1), (38, 1), (96, 0)]), []);
        assert_eq!(all(&mut Selection::default(), &[(99, 1), (6, 1)]), []);
        assert_eq!(all(&mut Selection::default(), &[(99, 1), (98, 1), (101, 127), (100, 127), (6, 1)]), []);
        assert_eq!(all(&mut Selection::default(), &[(99, 1), (98, 1), (99, 127), (98, 127), (6, 1)]), []);
    }

    #[test]
    fn registered_and_non_registered_do_not_mix() {
        // 101 after 99/98: the fine half of the NRPN must not become half of an RPN.
        assert_eq!(all(&mut Selection::default(), &[(99, 1), (98, 2), (101, 0), (6, 1)]), []);
        assert_eq!(
            all(&mut Selection::default(), &[(99, 1), (98, 2), (101, 0), (100, 0), (6, 1)]),
            [(parameter(true, 0), Said::Coarse(1))]
        );
    }

    #[test]
    fn only_the_changed_half_need_be_sent() {
        assert_eq!(
            all(&mut Selection::default(), &[(99, 1), (98, 2), (6, 1), (98, 3), (6, 2)]),
            [(parameter(false, 130), Said::Coarse(1)), (parameter(false, 131), Said::Coarse(2))]
        );
    }

    #[test]
    fn values_of_both_widths() {
        let mut data = Data::default();
        assert_eq!(data.take(Said::Coarse(64), 7, 0).map(Joined::place), Some(0.5));
        assert_eq!(data.take(Said::Fine(64), 7, 0), None);
        assert_eq!(data.take(Said::Coarse(64), 14, 0).map(Joined::place), Some(0.5));
        assert_eq!(data.take(Said::Fine(1), 14, 0), Some(Joined::Both(0x2001)));
        assert_eq!(data.take(Said::Step(1), 14, 0), None);
    }
}
