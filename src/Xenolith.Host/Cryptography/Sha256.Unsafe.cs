using System.Runtime.InteropServices;

namespace Xenolith.Host.Cryptography;

/// <summary>
/// SHA-256 by the host's libcrypto, if it has one. Not <see cref="System.Security.Cryptography.SHA256"/>, which ends the process on a
/// host without OpenSSL; here such a host only goes without a cache.
/// </summary>
public static unsafe class Sha256
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = 32;

    private static readonly Lazy<nint> Function = new(Load);

    /// <summary>Hashes; false if the host has no libcrypto.</summary>
    public static bool TryHash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digest.Length, Length, nameof(digest));
        if (Function.Value == 0)
        {
            return false;
        }

        fixed (byte* from = data)
        fixed (byte* to = digest)
        {
            // SAFETY: SHA256(data, length, digest) reads length bytes and writes 32; both spans are fixed.
            return ((delegate* unmanaged<byte*, nuint, byte*, byte*>)Function.Value)(from, (nuint)data.Length, to) != null;
        }
    }

    private static nint Load()
    {
        foreach (var name in (ReadOnlySpan<string>)["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"])
        {
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "SHA256", out var function))
            {
                return function;
            }
        }

        return 0;
    }
}
