using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>callback_register of callback_op (public/callback.h), 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct CallbackRegistration
{
    /// <summary>CALLBACKTYPE_*.</summary>
    public ushort Type;

    /// <summary>CALLBACKF_*.</summary>
    public ushort Flags;

    private readonly uint _padding;

    /// <summary>Where to call.</summary>
    public ulong Address;

    /// <summary>CALLBACKF_mask_events.</summary>
    public const ushort MaskEvents = 1;
}
