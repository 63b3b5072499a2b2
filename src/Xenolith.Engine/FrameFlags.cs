namespace Xenolith.Engine;

/// <summary>What an engine must know about a machine frame. One 32-bit word a frame, changed with interlocked operations only.</summary>
[Flags]
public enum FrameFlags
{
    /// <summary>Ordinary memory.</summary>
    None = 0,

    /// <summary>Validated as a page table or descriptor table: never cached writable, whatever the entry says. Set by the machine.</summary>
    PageTable = 1,

    /// <summary>The guest may never write it (M2P, other hypervisor pages). Set by the machine.</summary>
    ReadOnly = 2,

    /// <summary>Code was translated from it: stores must be seen. Set by the engine.</summary>
    Code = 4,

    /// <summary>Some vCPU may hold a write translation. Set by the engine at a fill, cleared by <see cref="IEngine.RevokeWrites"/>.</summary>
    WriteCached = 8,

    /// <summary>Shared writable with another process: never cached as code.</summary>
    Shared = 16,

    /// <summary>
    /// A page table below the root through which the kernel half of some address space leads. Set by the machine before such a path is in
    /// force. Entries of tables without it map low addresses only, of which an engine may keep nothing beyond the guest's own flushes.
    /// </summary>
    KernelHalf = 32,
}
