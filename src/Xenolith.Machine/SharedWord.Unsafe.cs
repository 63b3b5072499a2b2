using System.Runtime.CompilerServices;

namespace Xenolith.Machine;

/// <summary>
/// Single words of memory that the guest shares with us (shared_info, vcpu_info, event words, grant entries), by host address. The caller has
/// made sure that the address lies in a live frame and is aligned; the words change under us at any time.
/// </summary>
internal static unsafe class SharedWord
{
    // SAFETY: for all members, see the type: the address is the caller's promise.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Load8(nint address) => Volatile.Read(ref *(byte*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Load16(nint address) => Volatile.Read(ref *(ushort*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Load32(nint address) => Volatile.Read(ref *(uint*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load64(nint address) => Volatile.Read(ref *(ulong*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store8(nint address, byte value) => Volatile.Write(ref *(byte*)address, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store16(nint address, ushort value) => Volatile.Write(ref *(ushort*)address, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store32(nint address, uint value) => Volatile.Write(ref *(uint*)address, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store64(nint address, ulong value) => Volatile.Write(ref *(ulong*)address, value);

    /// <summary>Sets a byte to 1; true if it was 0 before. A full barrier.</summary>
    public static bool TestAndSet8(nint address) => Interlocked.Exchange(ref *(byte*)address, 1) == 0;

    /// <summary>Sets a bit of an array of 64-bit words; returns what it was.</summary>
    public static bool TestAndSetBit(nint words, int bit)
        => (Interlocked.Or(ref *((ulong*)words + (bit >> 6)), 1UL << (bit & 63)) & (1UL << (bit & 63))) != 0;

    /// <summary>Clears a bit of an array of 64-bit words; returns what it was.</summary>
    public static bool TestAndClearBit(nint words, int bit)
        => (Interlocked.And(ref *((ulong*)words + (bit >> 6)), ~(1UL << (bit & 63))) & (1UL << (bit & 63))) != 0;

    /// <summary>Tests a bit of an array of 64-bit words.</summary>
    public static bool TestBit(nint words, int bit) => (Load64(words + (8 * (bit >> 6))) & (1UL << (bit & 63))) != 0;

    /// <summary>Compare-and-exchange; returns the value seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint CompareExchange32(nint address, uint value, uint comparand) => Interlocked.CompareExchange(ref *(uint*)address, value, comparand);

    /// <summary>Compare-and-exchange; returns the value seen.</summary>
    public static ushort CompareExchange16(nint address, ushort value, ushort comparand) => Interlocked.CompareExchange(ref *(ushort*)address, value, comparand);

    /// <summary>Interlocked or; returns the value before.</summary>
    public static uint Or32(nint address, uint bits) => Interlocked.Or(ref *(uint*)address, bits);

    /// <summary>Interlocked and; returns the value before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint And32(nint address, uint bits) => Interlocked.And(ref *(uint*)address, bits);

    /// <summary>The bytes at an address as a span.</summary>
    public static Span<byte> Bytes(nint address, int length) => new((void*)address, length);
}
