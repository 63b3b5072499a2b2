# The smallest PV guest that is idle the way a kernel is: it wakes once a second, and sleeps again. No console, no store, no page table of its own.
# Numbers: xen/include/public/{xen,sched,vcpu,elfnote}.h.
        .set HYPERVISOR_vcpu_op, 24
        .set HYPERVISOR_sched_op, 29
        .set SECOND, 1000000000

        .macro note type, value:vararg
        .long 4, 2f - 1f, \type
        .asciz "Xen"
1:      \value
2:      .balign 4
        .endm

        .section .note.Xen, "a", @note
        note 6, .asciz "linux"                  # XEN_ELFNOTE_GUEST_OS
        note 5, .asciz "xen-3.0"                # XEN_VERSION
        note 8, .asciz "generic"                # LOADER
        note 3, .quad 0xffffffff80000000        # VIRT_BASE
        note 4, .quad 0                         # PADDR_OFFSET
        note 1, .quad _start                    # ENTRY

        .text
        .globl _start
_start: mov     $HYPERVISOR_vcpu_op, %eax
        mov     $4, %edi                        # VCPUOP_get_runstate_info: when this vCPU last woke, in system time
        xor     %esi, %esi
        lea     runstate(%rip), %rdx
        syscall
        mov     runstate+8(%rip), %rax
        add     $SECOND, %rax
        mov     %rax, until(%rip)
        mov     $HYPERVISOR_sched_op, %eax
        mov     $3, %edi                        # SCHEDOP_poll of no port: a sleep
        lea     poll(%rip), %rsi
        syscall
        jmp     _start

        .data
        .balign 8
runstate:
        .fill   6, 8, 0
poll:   .quad   0
        .long   0, 0
until:  .quad   0
