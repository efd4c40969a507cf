// Stack switch for x86-64, System V ABI.
//
// A suspended stack, from high to low addresses:
//
//      return address      where gt_switch_stack was called from
//      rbp rbx r12..r15    the registers a callee must preserve
//      mxcsr | x87 cw      floating-point control state (4 + 4 bytes)   <- saved sp
//
// Caller-saved registers need no room: to the compiler this is a function call.

        .text
        .globl  gt_switch_stack
        .hidden gt_switch_stack
        .type   gt_switch_stack, @function
        .p2align 4
gt_switch_stack:                        // rdi = save_sp, rsi = target_sp
        .cfi_startproc
        pushq   %rbp                    // save what the ABI says we must
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset r15, 0
        subq    $8, %rsp                // room for the floating-point control words
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, (%rdi)            // this stack can now be continued
        movq    %rsi, %rsp              // from here on we stand on the target
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        ret                             // into the target's call of gt_switch_stack
        .cfi_endproc
        .size   gt_switch_stack, . - gt_switch_stack

        .globl  gt_stack_entry
        .hidden gt_stack_entry
        .type   gt_stack_entry, @function
        .p2align 4
gt_stack_entry:                         // r12 = argument, r13 = entry
        .cfi_startproc
        .cfi_undefined rip              // no caller: debuggers stop walking here
        movq    %r12, %rdi
        andq    $-16, %rsp              // the ABI wants 16-byte alignment at a call
        xorl    %ebp, %ebp              // frame-pointer walks end here too
        callq   *%r13
        ud2                             // entry never returns
        .cfi_endproc
        .size   gt_stack_entry, . - gt_stack_entry

        .section .note.GNU-stack, "", @progbits
