//! What U mode changes in a pipeline.

use systole_hdl::prelude::*;

use crate::config::CoreConfig;

/// The mode and what follows from it, out of the CSRs.
#[derive(Clone, Copy)]
pub struct UserControl {
    /// The mode is U.
    pub user: Signal,
    /// WFI is illegal.
    pub wait_illegal: Signal,
    /// Data accesses have the rights of U; only PMP asks for that.
    pub data_user: Option<Signal>,
}

impl UserControl {
    /// Wires, to be driven by [`drive`](Self::drive).
    pub fn wires(m: M, config: &CoreConfig) -> Self {
        let bit = |name: &str| m.wire(name, Bit);
        Self {
            user: bit("user_mode"),
            wait_illegal: bit("wait_illegal"),
            data_user: (config.pmp_regions > 0).then(|| bit("data_user")),
        }
    }

    /// Takes them from an instance of [`csr_file`](super::csr::csr_file).
    pub fn drive(&self, csr: Instance) {
        self.user.drive(csr.out("user"));
        self.wait_illegal.drive(csr.out("wait_illegal"));
        match self.data_user {
            Some(data_user) => data_user.drive(csr.out("data_user")),
            None => _ = csr.unused("data_user"),
        }
    }
}
