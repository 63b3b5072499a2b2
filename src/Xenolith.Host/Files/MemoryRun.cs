using System.Runtime.InteropServices;

namespace Xenolith.Host.Files;

/// <summary>A run of host memory; the layout of the kernel's <c>struct iovec</c>, so that spans of it go into system calls unchanged.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Bytes.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct MemoryRun(nint Address, nint Length);
