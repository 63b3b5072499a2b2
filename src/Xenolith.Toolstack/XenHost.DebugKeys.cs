using Xenolith.Machine.Diagnostics;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack;

/// <summary>The hypervisor's debug keys: what each shows is printed to the log that <c>xl dmesg</c> shows.</summary>
public sealed partial class XenHost
{
    private const char Help = 'h';

    /// <summary>Prints what the keys show, one after the other.</summary>
    /// <exception cref="ToolstackException">A key shows nothing here; nothing was printed.</exception>
    public void SendDebugKeys(string keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var known = DomainDump.Keys.ToDictionary(row => row.Key, row => row.Meaning);
        foreach (var key in keys.Where(key => key != Help && !known.ContainsKey(key)))
        {
            throw new ToolstackException($"the debug key '{key}' shows nothing here. The keys are listed by: xl debug-keys h; xl dmesg");
        }

        var log = new HypervisorLog(_state.Run);
        foreach (var key in keys)
        {
            if (key == Help)
            {
                log.Write($"'{Help}' pressed -> showing installed handlers");
                foreach (var (name, meaning) in known.Append(new(Help, "show this message")).OrderBy(row => row.Key))
                {
                    log.Write($" key '{name}' (ascii '{(int)name:x2}') => {meaning}");
                }

                continue;
            }

            log.Write($"'{key}' pressed -> {known[key]} (now = {Environment.TickCount64 * 1_000_000})");
            foreach (var domain in List().Where(domain => domain.Domid != 0))
            {
                Order(domain.Domid, new Message(Verbs.DebugKey).With("key", key.ToString()));
            }
        }
    }
}
