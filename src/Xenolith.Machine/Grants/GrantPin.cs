using System.Runtime.CompilerServices;
using Xenolith.Abi;

namespace Xenolith.Machine.Grants;

/// <summary>
/// What an entry has to say if it is to be mapped in a certain way, and the flags that then tell the guest so. The guest changes the entry at any time: its
/// first word, which has all that decides (flags and grantee), is read once, judged, and must still be the same at the moment when the flags are set.
/// </summary>
internal readonly struct GrantPin
{
    /// <summary>A guest that changes an entry so often while it is mapped is up to something.</summary>
    private const int Attempts = 4;

    private readonly uint _deciding, _permitted, _inUse;

    /// <param name="version">Layout of the table.</param>
    /// <param name="writable">For writing too.</param>
    /// <param name="grantee">Who maps.</param>
    public GrantPin(int version, bool writable, int grantee)
    {
        IsInEntry = version == 1;
        Writable = writable;
        _deciding = 0xffff_0000 | GrantFlags.TypeMask | (writable ? GrantFlags.ReadOnly : 0u) | (version == 1 ? 0u : GrantFlags.SubPage);
        _permitted = ((uint)grantee << 16) | GrantFlags.PermitAccess;
        _inUse = GrantFlags.Reading | (writable ? GrantFlags.Writing : 0u);
    }

    /// <summary>The flags stand beside those that decide (version 1), not in an array of their own.</summary>
    public bool IsInEntry { get; }

    /// <summary>The mapping is for writing too.</summary>
    public bool Writable { get; }

    /// <summary>Version 1: judges and sets the flags in one step, so that the guest cannot take the grant back in between. False: refused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySet(nint entry)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var header = SharedWord.Load32(entry);
            if ((header & _deciding) != _permitted)
            {
                return false;
            }

            if (SharedWord.CompareExchange32(entry, header | _inUse, header) == header)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Version 2: the guest ends access by clearing the entry and then reading the status, so after setting that the entry is looked at again.</summary>
    public bool TrySet(nint entry, nint status)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var header = SharedWord.Load32(entry);
            if ((header & _deciding) != _permitted)
            {
                return false;
            }

            SharedWord.Store16(status, (ushort)(SharedWord.Load16(status) | _inUse));
            Interlocked.MemoryBarrier();
            if (SharedWord.Load32(entry) == header)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Version 1: takes flags back and leaves what the guest has in the same word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear(nint entry, uint bits) => _ = SharedWord.And32(entry, ~bits);

    /// <summary>Version 2: as <see cref="Clear"/>, in the status array.</summary>
    public static void ClearStatus(nint status, uint bits)
    {
        ushort seen;
        do
        {
            seen = SharedWord.Load16(status);
        }
        while (SharedWord.CompareExchange16(status, (ushort)(seen & ~bits), seen) != seen);
    }
}
