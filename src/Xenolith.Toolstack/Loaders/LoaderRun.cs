using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Xenolith.Boot;
using Xenolith.Boot.Loader;
using Xenolith.Config;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Loaders;

/// <summary>
/// One run of the boot loader as its monitor sees it: starts the process, waits a limited time, takes what it found. Thread ownership: the
/// monitor's thread, whose loop goes on meanwhile.
/// </summary>
internal static class LoaderRun
{
    private const int TimeLimit = 60_000;

    /// <summary>Finds what a domain boots on its disk.</summary>
    /// <param name="context">The monitor.</param>
    /// <param name="config">The domain.</param>
    /// <param name="store">Its store.</param>
    /// <param name="domid">The domain's id.</param>
    /// <param name="abandoned">Says that nobody wants the domain any more.</param>
    /// <exception cref="ToolstackException">Nothing was found, or the loader failed.</exception>
    public static BootFiles Find(MonitorContext context, DomainConfig config, StoreKeeper store, int domid, Func<bool> abandoned)
    {
        var options = Options(config);
        using var disk = BootDisk.Open(context, store, config, domid, abandoned);
        var kernel = MemoryFile.Create("kernel");
        var ramdisk = MemoryFile.Create("ramdisk");
        try
        {
            var order = LoaderProcess.With(
                new Message(Verbs.Load).With("disk", disk.Name).With("disk-bytes", disk.Bytes).With("nbd", disk.Server is not null).With("domain-bytes", config.EffectiveMaxMemoryKiB << 10).With("user", LoaderUser.Of(config)),
                options);
            var answer = Run(context, config.Name, order, [disk.Handle, kernel, ramdisk], abandoned);
            context.Log.Write($"Boot loader: {Describe(answer)}");
            var hasRamdisk = answer.Text("ramdisk").Length > 0;
            if (!hasRamdisk)
            {
                ramdisk.Dispose();
            }

            return new()
            {
                Kernel = kernel,
                Ramdisk = hasRamdisk ? ramdisk : null,
                KernelName = $"{answer.Text("kernel")} of {disk.Name}",
                RamdiskName = hasRamdisk ? $"{answer.Text("ramdisk")} of {disk.Name}" : null,
                CommandLine = answer.Text("arguments") is { Length: > 0 } arguments ? arguments : null,
            };
        }
        catch
        {
            kernel.Dispose();
            ramdisk.Dispose();
            throw;
        }
    }

    private static LoaderOptions Options(DomainConfig config)
    {
        try
        {
            return LoaderOptions.Parse(
                config.BootloaderArguments,
                new() { Kernel = config.Kernel, Ramdisk = config.Ramdisk, Arguments = config.CommandLine ?? string.Empty });
        }
        catch (BootException e)
        {
            throw new ToolstackException(e.Message, ToolstackException.CreationFailed, e);
        }
    }

    private static Message Run(MonitorContext context, string name, Message order, SafeFileHandle[] descriptors, Func<bool> abandoned)
    {
        var (ours, theirs) = MessageChannel.Pair();
        using var channel = ours;
        ProcessHandle process;
        using (theirs)
        {
            process = ChildProcess.Spawn(new()
            {
                Program = context.Program,
                Arguments = ["xenolith", LoaderProcess.Argument, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), name],
                Output = context.Log.Output,
                Descriptors = [theirs],
            });
        }

        using (process)
        {
            var ended = false;
            var source = context.Loop.Add(process.Descriptor, PollEvents.Readable, _ => ended = true);
            try
            {
                channel.TrySend(order, descriptors);
                context.Loop.RunUntil(() => ended || abandoned(), TimeLimit);
            }
            finally
            {
                source.Remove();
                process.Signal(ProcessHandle.Kill);
                process.WaitForEnd(Timeout.Infinite);
            }

            var end = process.Reap();
            return Answer(channel) switch
            {
                { Verb: Verbs.Loaded } loaded when ended => loaded,
                { Verb: Verbs.Failed } failed => throw Failed($"the boot loader found nothing to boot: {failed.Text("text")}"),
                _ when ended => throw Failed($"the boot loader {end}, perhaps at its limit of memory or time. Check the image of the domain's first disk, or name the kernel with kernel= and without bootloader=."),
                _ when abandoned() => throw Failed("xl create was ended before it was done."),
                _ => throw Failed($"the boot loader did not end within {TimeLimit / 1000} s. Check the domain's first disk, or name the kernel with kernel= and without bootloader=."),
            };
        }

        ToolstackException Failed(string text) => new($"domain {name} cannot be created: {text}", ToolstackException.CreationFailed);
    }

    private static Message? Answer(MessageChannel channel)
    {
        try
        {
            return channel.Wait(0) ? channel.Receive() : null;
        }
        catch (InvalidDataException)
        {
            return null; // nonsense of a process that a tenant's disk has taken over: as if it had said nothing
        }
    }

    private static string Describe(Message answer)
    {
        var title = answer.Text("title") is { Length: > 0 } text ? $"\"{text}\": " : string.Empty;
        var ramdisk = answer.Text("ramdisk") is { Length: > 0 } path ? $", ramdisk {path}" : string.Empty;
        return $"{title}kernel {answer.Text("kernel")}{ramdisk}, arguments {answer.Text("arguments")}";
    }
}
