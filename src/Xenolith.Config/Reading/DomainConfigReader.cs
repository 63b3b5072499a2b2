using System.Collections.Immutable;
using Xenolith.Config.Disks;
using Xenolith.Config.Grammar;
using Xenolith.Config.Keys;

namespace Xenolith.Config.Reading;

/// <summary>Turns checked settings into a <see cref="DomainConfig"/>.</summary>
internal static class DomainConfigReader
{
    // xl multiplies MiB by 1024; more than this could not be counted in KiB, and no host has it.
    private const long MaxMemoryMiB = 1L << 30;

    // What the hypervisor takes in one call, and the ABI's highest FIFO port.
    private const int MostGrantFrames = 512, MostEventChannels = 131071;

    /// <summary>Reads the domain that <paramref name="document"/> describes.</summary>
    /// <param name="document">The settings.</param>
    /// <param name="fallbackName">The name of a domain that names none, or null when there is no such name.</param>
    /// <param name="hostCpus">How many CPUs the host has.</param>
    /// <param name="diagnostics">Told what is wrong.</param>
    /// <returns>The domain, or null when the settings are wrong.</returns>
    public static DomainConfig? Read(CfgDocument document, string? fallbackName, int hostCpus, DiagnosticList diagnostics)
    {
        var reader = new SettingReader(document, diagnostics);
        var type = TypeReading.Read(reader);
        var guest = type switch { DomainType.Pv => GuestTypes.Pv, DomainType.Pvh => GuestTypes.Pvh, _ => GuestTypes.Hvm };
        KeyCheck.Check(document, guest, diagnostics);

        var name = IdentityReading.Name(reader, fallbackName);
        var uuid = IdentityReading.Uuid(reader);
        var memory = reader.Number("memory", 0, MaxMemoryMiB) * 1024;
        if (memory == 0)
            diagnostics.Creation(reader.PositionOf("memory"), "`memory' is 0, which no kernel fits into; give it MiB, such as memory = 256");
        var maxMemory = reader.Number("maxmem", 0, MaxMemoryMiB) * 1024 ?? memory;
        var (vcpus, maxVcpus) = ProcessorReading.Counts(reader);
        var hard = ProcessorReading.Affinity(reader, reader.Value("cpus") is null ? "cpu" : "cpus", maxVcpus ?? 1, hostCpus);
        var soft = ProcessorReading.Affinity(reader, "cpus_soft", maxVcpus ?? 1, hostCpus);
        var numa = NumaReading.Read(reader, maxVcpus ?? 1);
        var config = new DomainConfig
        {
            Name = name,
            Uuid = uuid,
            Type = type,
            Pool = reader.Text("pool"),
            SecurityLabel = reader.Text("init_seclabel") ?? reader.Text("seclabel"),
            DriverDomain = reader.Flag("driver_domain"),
            MemoryKiB = memory,
            MaxMemoryKiB = maxMemory,
            Vcpus = vcpus,
            MaxVcpus = maxVcpus,
            HardAffinity = hard,
            SoftAffinity = soft,
            PlacementGiven = reader.Value("cpus") is CfgList || !soft.IsEmpty || !numa.IsEmpty,
            NumaNodes = numa,
            Scheduler = ProcessorReading.Scheduler(reader),
            Kernel = BootReading.Kernel(reader, type),
            Ramdisk = reader.Text("ramdisk"),
            CommandLine = BootReading.CommandLine(reader),
            Bootloader = reader.Text("bootloader"),
            BootloaderArguments = BootReading.LoaderArguments(reader),
            BootloaderUser = reader.Text("bootloader_user"),
            TscMode = BootReading.TscMode(reader),
            RtcTimeOffset = reader.Number("rtc_timeoffset", int.MinValue, uint.MaxValue),
            LocalTime = reader.Flag("localtime"),
            NoMigrate = reader.Flag("nomigrate"),
            VideoMemoryKiB = reader.Number("videoram", 0, MaxMemoryMiB) * 1024,
            MaxGrantFrames = reader.Int("max_grant_frames", 1, MostGrantFrames),
            MaxMaptrackFrames = reader.Int("max_maptrack_frames"),
            MaxGrantVersion = reader.Int("max_grant_version", 1, 2),
            MaxEventChannels = reader.Int("max_event_channels", 0, MostEventChannels),
            HostMemoryMap = type == DomainType.Pv ? reader.Flag("e820_host") : null,
            Disks = Disks(reader),
            Nics = NicReading.Read(reader, type),
            Channels = ChannelReading.Read(reader),
            Hvm = type == DomainType.Hvm
                ? new HvmConfig { Boot = reader.Text("boot"), Serial = reader.Text("serial"), Vnc = reader.Flag("vnc") }
                : null,
            Actions = ActionReading.Read(reader),
        };
        BootReading.Check(reader, config);
        return diagnostics.HasErrors ? null : config;
    }

    private static ImmutableArray<DiskConfig> Disks(SettingReader reader)
    {
        var disks = ImmutableArray.CreateBuilder<DiskConfig>();
        var numbers = new Dictionary<int, string>();
        foreach (var atom in reader.Atoms("disk"))
        {
            if (!DiskSpec.TryParse(atom.Text, out var disk, out var problem))
            {
                reader.Diagnostics.Error(atom.Position, problem!);
                continue;
            }

            disks.Add(disk! with { Position = atom.Position.ToString() });
            if (!DeviceName.TryNumber(disk!.VirtualDevice, out var number))
            {
                reader.Diagnostics.Creation(atom.Position,
                    $"disk `{atom.Text}': `{disk.VirtualDevice}' is no name of a disk; use xvda, sda1, hda, d0p1 or a number");
            }
            else if (!numbers.TryAdd(number, disk.VirtualDevice))
            {
                reader.Diagnostics.Creation(atom.Position,
                    $"disk `{atom.Text}': the domain already has a disk at `{numbers[number]}'");
            }
        }

        return disks.ToImmutable();
    }
}
