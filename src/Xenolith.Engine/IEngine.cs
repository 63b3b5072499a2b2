namespace Xenolith.Engine;

/// <summary>
/// What executes a domain's vCPUs. A domain has one engine; the machine above it owns all Xen semantics and sees guest
/// instructions only through <see cref="ExitReason"/>. Any engine must pass the same tests.
/// <para>Thread ownership: every member may be called from any thread, also from a vCPU's own thread while it is outside
/// <see cref="IVcpuEngine.Run"/>. Members that reach other vCPUs post a request, kick and wait for the acknowledgement; a vCPU outside
/// Run counts as acknowledged and obeys before it re-enters. So: never call them while holding a lock that a vCPU's exit can need.</para>
/// </summary>
public interface IEngine : IDisposable
{
    /// <summary>Short name for <c>xl info</c>: <c>translator</c> or <c>kvm</c>.</summary>
    string Name { get; }

    /// <summary>Makes the engine's side of a vCPU. Its registers are zero, its extended state is the reset state.</summary>
    /// <param name="vcpuId">0-based and below 64, unique in the domain.</param>
    IVcpuEngine CreateVcpu(int vcpuId);

    /// <summary>
    /// Drops cached translations on the vCPUs of a mask (MMUEXT_TLB_FLUSH_MULTI, _ALL, INVLPG_MULTI, _ALL, UVMF_*):
    /// all of them if <paramref name="address"/> is null, else those of one page. On return none of these vCPUs uses an old translation.
    /// </summary>
    void FlushTlb(ulong vcpuMask, ulong? address);

    /// <summary>
    /// A present page-table entry of a validated table changed (mmu_update, update_va_mapping, ptwr, unpin, type loss). Lets the engine drop
    /// whatever it keeps longer than the architecture allows (design 4.2 rule 1). It need not flush what a guest must flush itself.
    /// </summary>
    /// <param name="tableMfn">The table's machine frame.</param>
    /// <param name="level">1 for an L1 table, up to 4.</param>
    /// <param name="index">Entry number in the table, 0..511.</param>
    /// <param name="oldEntry">The entry before the change.</param>
    void PageTableEntryChanged(ulong tableMfn, int level, int index, ulong oldEntry);

    /// <summary>
    /// Before a frame becomes a page table (or otherwise read-only for the guest): every vCPU loses cached write access to it. The caller
    /// has set the frame's flag first, so that it cannot come back. Cheap if no vCPU ever wrote it.
    /// </summary>
    void RevokeWrites(ulong mfn);

    /// <summary>Frees translations of a frame, and every cached mapping of it on every vCPU: the frame leaves the domain or gets another content.</summary>
    void ForgetFrame(ulong mfn);

    /// <summary>Named, ever-growing counters for <c>xl debug</c>: translations, TLB misses, exits by kind, ...; a snapshot.</summary>
    IReadOnlyList<KeyValuePair<string, long>> Counters();
}

/// <summary>
/// One vCPU of an engine. Thread ownership: everything belongs to the vCPU's own thread, except <see cref="Kick"/>.
/// </summary>
public interface IVcpuEngine : IDisposable
{
    /// <summary>The registers, in memory that never moves; valid until <see cref="IDisposable.Dispose"/>. Changes take effect at the next <see cref="Run"/>.</summary>
    ref VcpuRegisters Registers { get; }

    /// <summary>
    /// A CR3 load: new roots for kernel and user mode (MMUEXT_NEW_BASEPTR, NEW_USER_BASEPTR, or both at a context switch). Flushes as
    /// design 4.2 rule 1 says. A root of 0 means none: every access in that mode fails with #PF.
    /// </summary>
    void LoadRoots(ulong kernelRootMfn, ulong userRootMfn);

    /// <summary>Flushes this vCPU's cached translations: all, or those of one page. (MMUEXT_TLB_FLUSH_LOCAL, INVLPG_LOCAL.)</summary>
    void FlushTlb(ulong? address);

    /// <summary>
    /// Takes new hardware breakpoints, for both of the guest's modes. Hits are #DB with <see cref="VcpuRegisters.ExitDebugStatus"/>: before an instruction at a watched
    /// address unless RF is set, behind one that touched watched data. The vCPU's own thread, outside <see cref="Run"/>.
    /// </summary>
    /// <param name="addresses">DR0 to DR3.</param>
    /// <param name="control">DR7. Breakpoints on ports are ignored.</param>
    void SetBreakpoints(ReadOnlySpan<ulong> addresses, ulong control);

    /// <summary>
    /// Executes guest code until something needs the machine. Returns at once if a kick is pending (the kick is consumed).
    /// Never throws for anything a guest can do; allocates nothing in the steady state.
    /// </summary>
    ExitReason Run();

    /// <summary>Makes a current or the next <see cref="Run"/> return <see cref="ExitReason.Interrupted"/> soon. Any thread; never blocks; no lost kicks.</summary>
    void Kick();

    /// <summary>
    /// Looks an address up in what the engine has cached for the mode in force, without a page walk. False only means "not cached". A hit for
    /// writing needs no <see cref="MachineFrames.NoteWrite"/>. The vCPU's own thread, outside <see cref="Run"/>.
    /// </summary>
    /// <param name="address">Linear address.</param>
    /// <param name="write">True if it is to be written.</param>
    /// <param name="host">Host address of the byte; good until the vCPU runs again.</param>
    /// <param name="mfn">Its machine frame.</param>
    bool TryTranslateCached(ulong address, bool write, out nint host, out ulong mfn)
    {
        host = 0;
        mfn = 0;
        return false;
    }

    /// <summary>Copies the x87, SSE and AVX state in the standard (non-compacted) XSAVE form.</summary>
    /// <param name="area">At least <see cref="ExtendedStateSize"/> bytes.</param>
    void SaveExtendedState(Span<byte> area);

    /// <summary>Loads the x87, SSE and AVX state from the standard XSAVE form; bad MXCSR bits or header bits throw <see cref="ArgumentException"/>.</summary>
    void LoadExtendedState(ReadOnlySpan<byte> area);

    /// <summary>Bytes of an XSAVE area with every component that the engine runs.</summary>
    int ExtendedStateSize { get; }
}
