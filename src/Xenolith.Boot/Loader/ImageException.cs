namespace Xenolith.Boot.Loader;

/// <summary>
/// Something on a guest's disk cannot be used: damaged, hostile, or of a kind the loader does not read. Only the cause: <see cref="BootLoader"/>
/// knows the disk, and makes it a <see cref="BootException"/> with its name and the next step.
/// </summary>
/// <param name="cause">What is wrong, as a phrase without a full stop, such as <c>the superblock says 0 inodes per group</c>.</param>
public sealed class ImageException(string cause) : Exception(cause);
