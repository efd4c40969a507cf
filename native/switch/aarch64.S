// Stack switch for aarch64, AAPCS64.
//
// A suspended stack, from low to high addresses, 160 bytes:
//
//      x19..x28            the registers a callee must preserve   <- saved sp
//      x29 x30             frame pointer, return address
//      d8..d15             the low halves of v8..v15

        .text
        .globl  gt_switch_stack
        .hidden gt_switch_stack
        .type   gt_switch_stack, %function
        .p2align 4
gt_switch_stack:                        // x0 = save_sp, x1 = target_sp
        .cfi_startproc
        sub     sp, sp, #160
        .cfi_def_cfa_offset 160
        stp     x19, x20, [sp, #0]      // save what the ABI says we must
        stp     x21, x22, [sp, #16]
        stp     x23, x24, [sp, #32]
        stp     x25, x26, [sp, #48]
        stp     x27, x28, [sp, #64]
        stp     x29, x30, [sp, #80]
        .cfi_offset x29, -80
        .cfi_offset x30, -72
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x9, sp
        str     x9, [x0]                // this stack can now be continued
        mov     sp, x1                  // from here on we stand on the target
        ldp     x19, x20, [sp, #0]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        .cfi_restore x29
        .cfi_restore x30
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        add     sp, sp, #160
        .cfi_def_cfa_offset 0
        ret                             // into the target's call of gt_switch_stack
        .cfi_endproc
        .size   gt_switch_stack, . - gt_switch_stack

        .globl  gt_stack_entry
        .hidden gt_stack_entry
        .type   gt_stack_entry, %function
        .p2align 4
gt_stack_entry:                         // x19 = argument, x20 = entry
        .cfi_startproc
        .cfi_undefined x30              // no caller: debuggers stop walking here
        mov     x0, x19
        mov     x29, xzr                // frame-pointer walks end here too
        mov     x30, xzr
        blr     x20
        brk     #0                      // entry never returns
        .cfi_endproc
        .size   gt_stack_entry, . - gt_stack_entry

        .section .note.GNU-stack, "", %progbits
