//! Parts of the chip.

/// A part of the chip, which has a group of signals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// What retires.
    Retire,
    /// The stages of the pipeline.
    Pipeline,
    /// Interrupt lines, traps, CSR writes.
    Interrupts,
    /// `ibus` and `dbus`.
    Buses,
    /// Registers, jobs and dispatch of the NPU.
    NpuControl,
    /// LOAD.
    NpuLoad,
    /// EXEC.
    NpuExec,
    /// STORE.
    NpuStore,
    /// Token counters.
    Tokens,
    /// `m_axi`.
    Axi,
}

impl Area {
    /// All, from top to bottom.
    pub const ALL: [Area; 10] = [
        Area::Retire,
        Area::Pipeline,
        Area::Interrupts,
        Area::Buses,
        Area::NpuControl,
        Area::NpuLoad,
        Area::NpuExec,
        Area::NpuStore,
        Area::Tokens,
        Area::Axi,
    ];

    /// Name of its group.
    pub fn name(self) -> &'static str {
        match self {
            Area::Retire => "hart retire",
            Area::Pipeline => "hart pipeline",
            Area::Interrupts => "interrupts and CSRs",
            Area::Buses => "ibus and dbus",
            Area::NpuControl => "npu control",
            Area::NpuLoad => "npu load",
            Area::NpuExec => "npu exec",
            Area::NpuStore => "npu store",
            Area::Tokens => "tokens",
            Area::Axi => "axi",
        }
    }
}
