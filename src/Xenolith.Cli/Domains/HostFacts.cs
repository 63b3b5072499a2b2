using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Xenolith.Machine.Version;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Domains;

/// <summary>Gathers what <c>xl info</c> prints, in real xl's order. Only what works here is listed as an ability.</summary>
internal static class HostFacts
{
    /// <summary>The facts: name and value.</summary>
    public static IReadOnlyList<(string Name, string Value)> Read(MemoryPromises memory, string commandLine)
    {
        var cpu = ProcessorFacts.Read();
        return
        [
            ("host", Kernel("hostname")),
            ("release", Kernel("osrelease")),
            ("version", Kernel("version")),
            ("machine", "x86_64"),
            ("nr_cpus", Number(cpu.Cpus)),
            ("max_cpu_id", Number(cpu.Cpus - 1)),
            ("nr_nodes", "1"),
            ("cores_per_socket", Number(cpu.CoresPerSocket)),
            ("threads_per_core", Number(cpu.ThreadsPerCore)),
            ("cpu_mhz", cpu.Mhz.ToString("F3", CultureInfo.InvariantCulture)),
            ("hw_caps", Capabilities()),
            ("virt_caps", "pv gnttab-v1 gnttab-v2"),
            ("total_memory", Number(memory.TotalKib / 1024)),
            ("free_memory", Number(memory.FreeKib / 1024)),
            ("sharing_freed_memory", "0"),
            ("sharing_used_memory", "0"),
            ("outstanding_claims", "0"),
            ("free_cpus", "0"),
            ("xen_major", Number(XenIdentity.Major)),
            ("xen_minor", Number(XenIdentity.Minor)),
            ("xen_extra", XenIdentity.Extra),
            ("xen_version", $"{XenIdentity.Major}.{XenIdentity.Minor}{XenIdentity.Extra}"),
            ("xen_caps", XenIdentity.Capabilities),
            ("xen_scheduler", "credit2"),
            ("xen_pagesize", "4096"),
            ("platform_params", "virt_start=0xffff800000000000"),
            ("xen_changeset", XenIdentity.Changeset),
            ("xen_commandline", commandLine),
            ("cc_compiler", XenIdentity.Compiler),
            ("cc_compile_by", XenIdentity.CompiledBy),
            ("cc_compile_domain", XenIdentity.CompileDomain),
            ("cc_compile_date", XenIdentity.CompileDate),
            ("build_id", typeof(HostFacts).Module.ModuleVersionId.ToString("N")),
            ("xend_config_format", "4"),
        ];
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Kernel(string name) => File.ReadAllText($"/proc/sys/kernel/{name}").TrimEnd('\n');

    // The eight words of Xen's feature set, in its order (public/arch-x86/cpufeatureset.h).
    private static string Capabilities()
    {
        if (!X86Base.IsSupported)
            return "";
        var (_, _, c1, d1) = X86Base.CpuId(1, 0);
        var (_, _, ce1, de1) = X86Base.CpuId(unchecked((int)0x80000001), 0);
        var (d1a, _, _, _) = X86Base.CpuId(0xd, 1);
        var (_, b7, c7, _) = X86Base.CpuId(7, 0);
        var (_, _, _, de7) = X86Base.CpuId(unchecked((int)0x80000007), 0);
        return string.Join(':', new[] { d1, c1, de1, ce1, d1a, b7, c7, de7 }.Select(word => word.ToString("x8", CultureInfo.InvariantCulture)));
    }
}
