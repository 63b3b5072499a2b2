namespace Xenolith.Machine.Grants;

/// <summary>
/// A guest's page that a backend holds: valid until <see cref="GrantTable.Unmap(in GrantMapping)"/>. The guest may change the contents at any time: copy once, then check.
/// Writes go through <see cref="Xenolith.Engine.MachineFrames.Write"/> or are followed by its NoteWrite.
/// </summary>
/// <param name="Reference">The grant reference.</param>
/// <param name="Mfn">The frame.</param>
/// <param name="Page">Host address of its 4096 bytes.</param>
/// <param name="Writable">True if the backend may write.</param>
public readonly record struct GrantMapping(uint Reference, ulong Mfn, nint Page, bool Writable);
