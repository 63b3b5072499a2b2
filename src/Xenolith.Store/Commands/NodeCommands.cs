using System.Text;
using Xenolith.Store.Client;
using Xenolith.Store.Permissions;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Commands;

/// <summary>xenstore-read, -write, -list, -rm, -exists and -chmod: same output, messages and exit codes as Xen's.</summary>
internal static class NodeCommands
{
    /// <summary>Prints values.</summary>
    public static int Read(CommandContext context)
    {
        foreach (var path in context.Operands)
        {
            if (context.Client.TryAsk(MessageType.Read, context.Transaction, StoreClient.Terminated(path), out var value) != StoreError.None)
                return context.Fail($"couldn't read path {path}");
            if (context.Has('p'))
                context.Print($"{path}: ");
            if (context.Has('R'))
                context.Output.Write(value);
            else
                context.Print($"{ValueText.Show(value)}\n");
        }

        return 0;
    }

    /// <summary>Writes pairs of path and value.</summary>
    public static int Write(CommandContext context)
    {
        for (var i = 0; i + 1 < context.Operands.Count; i += 2)
        {
            var (path, text) = (context.Operands[i], context.Operands[i + 1]);
            var value = context.Has('R') ? Encoding.UTF8.GetBytes(text) : ValueText.Take(text);
            if (context.Client.TryAsk(MessageType.Write, context.Transaction, [.. StoreClient.Terminated(path), .. value], out _) != StoreError.None)
                return context.Fail($"could not write path {path}");
        }

        return 0;
    }

    /// <summary>Prints the names of children.</summary>
    public static int List(CommandContext context)
    {
        foreach (var path in context.Operands)
        {
            if (!TryList(context, path, out var names, out _))
                return context.Fail($"could not list path {path}");
            var prefix = context.Has('p') ? $"{path}/" : "";
            foreach (var name in names)
                context.Print($"{prefix}{name}\n");
        }

        return 0;
    }

    /// <summary>Exits with 0 if every path exists.</summary>
    public static int Exists(CommandContext context) =>
        context.Operands.All(path => context.Client.Exists(path, context.Transaction)) ? 0 : 1;

    /// <summary>Removes nodes, and with -t the parents that are left without value and children.</summary>
    public static int Remove(CommandContext context)
    {
        foreach (var operand in context.Operands)
        {
            var path = operand;
            do
            {
                if (context.Client.TryAsk(MessageType.Remove, context.Transaction, StoreClient.Terminated(path), out _) != StoreError.None)
                    return context.Fail($"could not remove path {path}");
                var slash = path.LastIndexOf('/');
                path = slash < 0 ? path : path[..slash];
                if (slash < 0 || !context.Has('t'))
                    break;
            }
            while (IsBare(context, path));
        }

        return 0;
    }

    /// <summary>Sets permissions: of a node, with -u of all above it too, with -r of all below.</summary>
    public static int Chmod(CommandContext context)
    {
        var path = context.Operands[0];
        var permissions = new List<string>();
        foreach (var text in context.Operands.Skip(1))
        {
            if (text.Length == 0 || !"nrwb".Contains(text[0], StringComparison.Ordinal))
                return context.Fail($"Invalid permission specification: '{(text.Length == 0 ? "" : text[..1])}'");
            permissions.Add($"{text[0]}{PayloadStrings.LeadingNumber(Encoding.UTF8.GetBytes(text[1..]))}");
        }

        return Chmod(context, path, permissions, context.Has('u'), context.Has('r'));
    }

    /// <summary>The names of a node's children.</summary>
    public static bool TryList(CommandContext context, string path, out IReadOnlyList<string> names, out StoreError error)
    {
        names = [];
        error = StoreError.None;
        try
        {
            names = context.Client.List(path, context.Transaction);
            return true;
        }
        catch (StoreException e)
        {
            error = e.Error;
            return false;
        }
    }

    private static int Chmod(CommandContext context, string path, List<string> permissions, bool upwards, bool recurse)
    {
        if (path.Length == 0)
            return 0;
        var error = context.Client.TryAsk(MessageType.SetPermissions, context.Transaction, StoreClient.Terminated([path, .. permissions]), out _);
        if (error != StoreError.None)
            return context.Fail($"Error occurred setting permissions on '{path}': {ErrorText.Of(error)}");
        if (upwards)
        {
            var slash = path.LastIndexOf('/');
            if (slash < 0)
                return context.Fail($"Unable to locate path separator '/' in '{path}'");
            if (Chmod(context, path[..slash], permissions, true, false) is var above && above != 0)
                return above;
        }

        if (!recurse || !TryList(context, path, out var names, out _))
            return 0;
        foreach (var name in names)
        {
            if (Chmod(context, $"{path}/{name}", permissions, false, true) is var below && below != 0)
                return below;
        }

        return 0;
    }

    private static bool IsBare(CommandContext context, string path) =>
        context.Client.TryAsk(MessageType.Read, context.Transaction, StoreClient.Terminated(path), out var value) == StoreError.None
        && value.Length == 0 && TryList(context, path, out var names, out _) && names.Count == 0;
}
