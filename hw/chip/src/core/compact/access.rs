//! The data access that starts in execute.

use systole_hdl::prelude::*;

use super::pipeline::Pipeline;
use crate::core::data_bus::Request;
use crate::core::pmp::pmp_check;
use crate::core::store_align::store_align;

/// What execute has to know of it.
pub struct DataAccess {
    /// Load, store, or atomic, that does not trap for what decode found.
    pub is_access: Signal,
    /// Load, or LR.
    pub misaligned: Signal,
    /// PMP forbids it.
    pub denied: Signal,
    /// The bus has not taken it yet, or it has to be decided later.
    pub wait: Signal,
    pub lanes: Signal,
    /// A SC that does not store.
    pub sc_failed: Option<Signal>,
}

/// Starts the data access, when nothing older can trap any more.
pub fn data_access(p: &Pipeline, address: Signal) -> DataAccess {
    let (m, control, dbus, execute) = (p.m, &p.control, &p.dbus, &p.execute);
    let operation = &execute.operation;
    m.section("Execute: data access");
    let store = m
        .instance("store", &store_align())
        .pin("is_store", operation.is_store)
        .pin("size", operation.funct3.bits(1, 0))
        .pin("offset", address.bits(1, 0))
        .pin("value", execute.operand_b);
    let plain = operation.is_load | operation.is_store;
    let is_access = operation.is_amo.map_or(plain, |amo| plain | amo).named("is_access");
    let untrapped = (is_access & !execute.inert).named("untrapped_access");
    let misaligned = (untrapped & store.out("misaligned")).named("access_misaligned");
    let denied = protection(p, address, untrapped);

    let access = (untrapped & !misaligned & !denied).named("execute_access");
    let older_done = (!control.writeback_waiting & !control.flush).named("older_done");
    let (sc_holds, sc_failed) = store_conditional(p, access);
    let wanted = sc_failed.map_or(access, |failed| access & !failed).named("access_wanted");
    let free = sc_holds.map_or(older_done, |holds| older_done & !holds);
    let req_valid = (execute.valid & wanted & free).named("access_valid");
    let lanes = store.out("lanes");
    let is_atomic = [operation.is_lr, operation.is_sc, operation.is_amo];
    dbus.request(&Request {
        valid: req_valid,
        address,
        is_store: operation.is_store,
        is_atomic: is_atomic.into_iter().flatten().reduce(|a, b| a | b),
        store,
        amo: control.atomic.map(|atomic| (atomic, p.writeback.completion.address)),
    });
    let fire = (req_valid & dbus.req_ready).named("dbus_req_fire");
    let wait = wanted & !fire;
    let wait = sc_holds.map_or(wait, |holds| wait | holds).named("access_wait");
    if let (Some(atomic), Some(is_lr), Some(is_sc)) =
        (control.atomic, operation.is_lr, operation.is_sc)
    {
        atomic.lr_request.drive(fire & is_lr);
        atomic.sc_request.drive(req_valid & is_sc);
    }
    m.cover("access_waits_for_bus", req_valid & !dbus.req_ready);
    DataAccess { is_access: untrapped, misaligned, denied, wait, lanes, sc_failed }
}

/// Whether PMP forbids the access.
fn protection(p: &Pipeline, address: Signal, access: Signal) -> Signal {
    let (m, control, operation) = (p.m, &p.control, &p.execute.operation);
    let Some(configuration) = control.protection else { return lit(0, Bit) };
    let data_user = control.user.and_then(|user| user.data_user);
    let need = cat(&[lit(0, Bit), !operation.is_load, operation.is_load]);
    let check = m
        .instance("data_protection", &pmp_check(p.config.pmp_regions, 1))
        .pin("address", address)
        .pin("configuration", configuration)
        .pin("machine", data_user.map_or(lit(1, Bit), |user| !user))
        .pin("need", need);
    (access & check.out("denied")).named("access_denied")
}

/// Whether a SC has to wait before its success is known, and whether it fails then.
fn store_conditional(p: &Pipeline, access: Signal) -> (Option<Signal>, Option<Signal>) {
    let (completion, operation) = (&p.writeback.completion, &p.execute.operation);
    let (Some(atomic), Some(is_sc)) = (p.control.atomic, operation.is_sc) else {
        return (None, None);
    };
    let (Some(older_lr), Some(older_sc)) = (completion.is_lr, completion.is_sc) else {
        return (None, None);
    };
    // What an LR or SC in writeback does to the reservation is seen in the next cycle.
    let changes = p.writeback.valid & (older_lr | older_sc);
    let tries = (access & is_sc).named("store_conditional");
    let holds = (tries & changes).named("sc_holds");
    let failed = (tries & !atomic.sc_allowed).named("sc_failed");
    (Some(holds), Some(failed))
}
