using System.Runtime.InteropServices;

namespace Xenolith.Host.Network;

/// <summary>Whether libslirp is there, for those who must say so before they rely on it.</summary>
public static class SlirpPackage
{
    /// <summary>The library can be loaded. It is let go again: a monitor has no use for it.</summary>
    public static bool IsInstalled()
    {
        if (!NativeLibrary.TryLoad(SlirpLibrary.File, out var library))
        {
            return false;
        }

        NativeLibrary.Free(library);
        return true;
    }
}
