namespace Xenolith.Engine;

/// <summary>Told when something other than the guest's own stores changes a frame that holds translated code (design 4.2 rule 4).</summary>
public interface ICodeWatcher
{
    /// <summary>Bytes of a <see cref="FrameFlags.Code"/> frame are about to change, or have just changed. Any thread.</summary>
    void CodeWritten(ulong mfn, int offset, int length);
}
