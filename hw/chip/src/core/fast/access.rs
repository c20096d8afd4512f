//! The data access that starts in execute.

use systole_hdl::prelude::*;

use super::pipeline::Stages;
use crate::core::data_bus::Request;
use crate::core::pmp::pmp_check;
use crate::core::store_align::store_align;

/// What execute has to know of it.
pub struct DataAccess {
    /// Sum of base and offset; the operand of a CSR instruction.
    pub address: Signal,
    pub misaligned: Signal,
    /// PMP forbids it.
    pub denied: Signal,
    /// A load or store, not an AMO, asks the bus.
    pub asks: Signal,
    /// The bus has not taken it yet.
    pub wait: Signal,
    /// Bytes accessed.
    pub lanes: Signal,
    /// A SC that does not store.
    pub sc_failed: Option<Signal>,
}

/// Starts the data access, when nothing older can trap any more.
///
/// LR, SC and AMOs are alone in the pipeline, so that a SC always finds the reservation settled.
pub fn data_access(m: M, stages: &Stages) -> DataAccess {
    let (control, dbus, main) = (&stages.control, &stages.dbus, &stages.main);
    let work = &main.work;
    m.section("Execute, main lane: data access");
    let address = (main.a + main.b).named("access_address");
    let store = m
        .instance("store", &store_align())
        .pin("is_store", work.is_store)
        .pin("size", work.funct3.bits(1, 0))
        .pin("offset", address.bits(1, 0))
        .pin("value", main.store_value);
    let plain = work.is_load | work.is_store;
    let is_access = work.is_amo.map_or(plain, |amo| plain | amo).named("is_access");
    let misaligned = (is_access & store.out("misaligned")).named("access_misaligned");
    let denied = protection(m, stages, address, is_access);
    let access = (main.valid & is_access & !misaligned & !denied).named("main_access");
    let sc_failed = control.atomic.zip(work.is_sc).map(|(atomic, is_sc)| {
        let failed = is_sc & !atomic.sc_allowed;
        failed.named("sc_failed")
    });
    let wanted = sc_failed.map_or(access, |failed| access & !failed).named("access_wanted");
    // Nothing older can trap or redirect any more.
    let older_done = (!control.writeback_waiting & !control.flush).named("older_done");
    let req_valid = (wanted & older_done).named("access_valid");
    if let (Some(atomic), Some(is_lr), Some(is_sc)) = (control.atomic, work.is_lr, work.is_sc) {
        atomic.lr_request.drive(req_valid & dbus.req_ready & is_lr);
        atomic.sc_request.drive(req_valid & is_sc);
    }
    let is_atomic = [work.is_lr, work.is_sc, work.is_amo];
    dbus.request(&Request {
        valid: req_valid,
        address,
        is_store: work.is_store,
        is_atomic: is_atomic.into_iter().flatten().reduce(|a, b| a | b),
        store,
        amo: control.atomic.map(|atomic| (atomic, stages.main_done.completion.address)),
    });
    m.cover("access_waits_for_bus", req_valid & !dbus.req_ready);
    let wait = (wanted & !dbus.req_ready).named("access_wait");
    let asks = work.is_amo.map_or(wanted, |amo| wanted & !amo);
    DataAccess { asks, address, misaligned, denied, wait, lanes: store.out("lanes"), sc_failed }
}

/// Whether PMP forbids the access.
fn protection(m: M, stages: &Stages, address: Signal, is_access: Signal) -> Signal {
    let (control, work) = (&stages.control, &stages.main.work);
    let Some(configuration) = control.protection else { return lit(0, Bit) };
    let need = cat(&[lit(0, Bit), !work.is_load, work.is_load]);
    let data_user = control.user.and_then(|user| user.data_user);
    let check = m
        .instance("data_protection", &pmp_check(stages.config.pmp_regions, 1))
        .pin("address", address)
        .pin("configuration", configuration)
        .pin("machine", data_user.map_or(lit(1, Bit), |user| !user))
        .pin("need", need);
    (is_access & check.out("denied")).named("access_denied")
}
