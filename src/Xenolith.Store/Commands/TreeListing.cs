using System.Text;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Commands;

/// <summary>xenstore-ls: everything below a path, byte for byte as Xen's prints it.</summary>
internal sealed class TreeListing
{
    /// <summary>Columns of <c> = "..."</c> around a value.</summary>
    private const int Quoting = 8;

    private readonly CommandContext _context;
    private readonly bool _whole;
    private readonly bool _permissions;
    private readonly int _width;
    private readonly int _desired;

    private TreeListing(CommandContext context)
    {
        _context = context;
        _whole = context.Has('f');
        _permissions = context.Has('p');
        _width = TerminalSize.OutputColumns() is { } columns ? columns - 2 : _whole ? int.MaxValue / 2 : 80;
        _desired = _whole ? 0 : 60;
    }

    /// <summary>Lists the paths given, or the root.</summary>
    public static int Run(CommandContext context)
    {
        var listing = new TreeListing(context);
        foreach (var path in context.Operands.Count == 0 ? ["/"] : context.Operands)
        {
            if (listing.Children(path, 0) is var code && code != 0)
                return code;
        }

        return 0;
    }

    private int Children(string path, int depth)
    {
        if (!NodeCommands.TryList(_context, path, out var names, out var error))
            return depth > 0 && error == StoreError.ENOENT ? 0 : _context.Fail($"xs_directory ({path}): {ErrorText.Of(error)}");
        foreach (var name in names)
        {
            var child = path.EndsWith('/') ? path + name : $"{path}/{name}";
            Line(child, name, depth);
            if (Children(child, depth + 1) is var code && code != 0)
                return code;
        }

        return 0;
    }

    private void Line(string path, string name, int depth)
    {
        var line = new StringBuilder();
        var used = 0;
        if (_whole)
        {
            line.Append(path);
        }
        else
        {
            line.Append(' ', depth);
            var shown = Cut(name, _width - Quoting - depth);
            line.Append(shown);
            used = depth + shown.Length;
        }

        if (_context.Client.TryAsk(MessageType.Read, 0, StoreClient.Terminated(path), out var value) != StoreError.None)
            line.Append(":\n");
        else
            Value(line, value, used);
        if (_permissions)
            Permissions(line, path, name);
        line.Append('\n');
        _context.Print(line.ToString());
    }

    private void Value(StringBuilder line, byte[] value, int used)
    {
        var text = ValueText.Show(value);
        if (_width < (long)used + value.Length + Quoting)
        {
            line.Append(" = \"").Append(Cut(text, _width - Quoting - used)).Append("\\...\"");
            return;
        }

        line.Append(" = \"").Append(text).Append('"');
        if (!_permissions)
            return;
        line.Append(' ');
        used += 5 + text.Length;
        for (used++; used < Math.Min(_desired, _width); used++)
            line.Append((used & 1) != 0 ? '.' : ' ');
    }

    private void Permissions(StringBuilder line, string path, string name)
    {
        var error = _context.Client.TryAsk(MessageType.GetPermissions, 0, StoreClient.Terminated(path), out var payload);
        if (error != StoreError.None)
            _context.Fail($"\ncould not access permissions for {name}: {ErrorText.Of(error)}");
        else
            line.Append("  (").Append(Encoding.ASCII.GetString(payload).TrimEnd('\0').Replace('\0', ',')).Append(')');
    }

    /// <summary>C's <c>%.*s</c>: a negative precision is none.</summary>
    private static string Cut(string text, int length) => length < 0 || text.Length <= length ? text : text[..length];
}
