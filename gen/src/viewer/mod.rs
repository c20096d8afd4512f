//! Files that wave viewers open, from one description of what is to be seen.

mod area;
mod catalogue;
mod chip;
mod gtkwave;
pub mod names;
mod session;
mod states;
mod surfer;

pub use area::Area;
pub use chip::{Focus, chip_session, chip_signals};
pub use gtkwave::gtkwave;
pub use session::{Color, Format, Group, Marker, NameTable, Shown, ViewerSession, WaveSignal};
pub use states::{StateRegister, state_registers};
pub use surfer::surfer;

/// The tables of names that a session uses, each once, in the order of their first use.
fn tables(session: &ViewerSession) -> Vec<&NameTable> {
    let shown = session.groups.iter().flat_map(|group| &group.signals);
    let mut tables = Vec::new();
    for signal in shown {
        if let Format::Named(table) = &signal.format
            && !tables.contains(&table)
        {
            tables.push(table);
        }
    }
    tables
}
