namespace Xenolith.Config.Keys;

/// <summary>What Xenolith does with a key of xl.cfg(5).</summary>
public enum KeyState
{
    /// <summary>It does what xl.cfg(5) says.</summary>
    Works,

    /// <summary>It is accepted and has no effect here; a creation says so once.</summary>
    NoEffect,

    /// <summary>A domain that needs it is not created; the reason is told.</summary>
    Refused,
}
