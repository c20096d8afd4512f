//! Which names Verilog, SystemVerilog and the C++ that Verilator writes can carry.

/// Reserved in IEEE 1364-2005.
const VERILOG: &str = "always and assign automatic begin buf bufif0 bufif1 case casex casez cell \
    cmos config deassign default defparam design disable edge else end endcase endconfig \
    endfunction endgenerate endmodule endprimitive endspecify endtable endtask event for force \
    forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout \
    input instance integer join large liblist library localparam macromodule medium module nand \
    negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive \
    pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg \
    release repeat rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify \
    specparam strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 \
    triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor";

/// Reserved in IEEE 1800 beyond those.
const SYSTEM_VERILOG: &str = "accept_on alias always_comb always_ff always_latch assert assume \
    before bind bins binsof bit break byte chandle checker class clocking const constraint context \
    continue cover covergroup coverpoint cross dist do endchecker endclass endclocking endgroup \
    endinterface endpackage endprogram endproperty endsequence enum eventually expect export \
    extends extern final first_match foreach forkjoin global iff ignore_bins illegal_bins \
    implements implies import inside int interconnect interface intersect join_any join_none let \
    local logic longint matches modport nettype new nexttime null package packed priority program \
    property protected pure rand randc randcase randsequence ref reject_on restrict return \
    s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal soft solve \
    static string strong struct super sync_accept_on sync_reject_on tagged this throughout \
    timeprecision timeunit type typedef union unique unique0 until until_with untyped var virtual \
    void wait_order weak wildcard with within";

/// Reserved in C++ beyond those: Verilator renames such signals.
const CPP: &str = "alignas alignof and_eq asm auto bitand bitor bool catch char char16_t char32_t \
    char8_t co_await co_return co_yield compl concept const_cast consteval constexpr constinit \
    decltype delete double dynamic_cast explicit false float friend goto inline long mutable \
    namespace noexcept not_eq nullptr operator or_eq private public reinterpret_cast requires \
    short sizeof static_assert static_cast switch template thread_local throw true try typeid \
    typename using volatile wchar_t xor_eq";

/// What is wrong with a name, if anything.
pub(crate) fn problem(name: &str) -> Option<String> {
    let reserved = [(VERILOG, "Verilog"), (SYSTEM_VERILOG, "SystemVerilog"), (CPP, "C++")];
    for (words, language) in reserved {
        if words.split_ascii_whitespace().any(|word| word == name) {
            return Some(format!("`{name}` is a {language} keyword; pick another name"));
        }
    }
    let bad = |reason: &str| Some(format!("`{name}` is not a usable name: {reason}"));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return bad("it must start with a letter");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return bad("only letters, digits and `_` are allowed");
    }
    if name.contains("__") {
        return bad("Verilator joins the levels of the hierarchy with `__`");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn keywords_of_three_languages_are_refused() {
        for (name, language) in [("end", "Verilog"), ("logic", "SystemVerilog"), ("short", "C++")] {
            let expected = format!("`{name}` is a {language} keyword; pick another name");
            assert_eq!(problem(name), Some(expected));
        }
    }

    #[test]
    fn identifiers_start_with_a_letter_and_stay_plain() {
        for name in ["", "_x", "9lives", "a-b", "a$b", "größe", "a__b"] {
            assert!(problem(name).is_some(), "{name:?} must be refused");
        }
        for name in ["x", "rs1_addr", "A9", "ending", "pe_0_0", "a_"] {
            assert_eq!(problem(name), None);
        }
    }
}
