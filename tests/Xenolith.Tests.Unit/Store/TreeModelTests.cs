using System.Text;
using CsCheck;
using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;

namespace Xenolith.Tests.Unit.Store;

/// <summary>The tree does what a dictionary of paths does, and snapshots of it never change.</summary>
public class TreeModelTests
{
    private static readonly Gen<string> Paths = Gen.Int[0, 60].Array[1, 4].Select(parts => string.Concat(parts.Select(p => $"/n{p}")));

    private static readonly Gen<(int Kind, string Path, string Value)> Steps =
        Gen.Select(Gen.Int[0, 9], Paths, Gen.Int[0, 200].Select(n => new string('v', n % 7) + n));

    [Fact]
    public void Random_changes_match_a_dictionary_and_old_snapshots_stay_as_they_were() => Steps.Array[1, 400].Sample(steps =>
    {
        var clock = new TreeClock();
        var tree = new StoreTree(clock);
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var kept = new List<(StoreTree Tree, KeyValuePair<string, string>[] Model)>();
        foreach (var (kind, path, value) in steps)
        {
            if (kind < 6)
                Write(tree, model, path, value);
            else if (kind < 8)
                Remove(tree, model, path);
            else if (kind == 8)
                kept.Add((tree.Snapshot(), [.. model]));
            else if (kept.Count > 0)
            {
                kept[^1].Tree.Release();
                kept.RemoveAt(kept.Count - 1);
            }
        }

        Assert.Equal(model, Dump(tree));
        Assert.All(kept, k => Assert.Equal(k.Model, Dump(k.Tree)));
        TreeCheck.Run(tree, out var fault);
        Assert.Null(fault);
    }, iter: 300);

    [Fact]
    public void A_large_directory_grows_and_shrinks_in_any_order() => Gen.Int[0, 3000].Array[1, 3000].Sample(numbers =>
    {
        var tree = new StoreTree(new TreeClock());
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var number in numbers)
        {
            if (number % 3 == 0)
                Remove(tree, model, $"/d{number / 9 * 3}");
            else
                Write(tree, model, $"/d{number}", "x");
        }

        Assert.Equal(model, Dump(tree));
        TreeCheck.Run(tree, out var fault);
        Assert.Null(fault);
    }, iter: 30);

    [Fact]
    public void Changes_of_a_snapshot_stay_in_it_until_they_are_adopted()
    {
        var tree = new StoreTree(new TreeClock());
        tree.Write(Path("/a"), "1"u8, Actor.Control);
        var snapshot = tree.Snapshot();
        snapshot.Write(Path("/a"), "2"u8, Actor.Control);
        snapshot.Write(Path("/b"), "2"u8, Actor.Control);
        Assert.False(tree.Find(Path("/b")).Exists);
        Assert.Equal("1"u8, tree.Find(Path("/a")).Content.Value);
        tree.Adopt(snapshot);
        snapshot.Release();
        tree.Write(Path("/c"), "3"u8, Actor.Control);
        Assert.Equal("2"u8, tree.Find(Path("/a")).Content.Value);
        Assert.True(tree.Find(Path("/c")).Exists);
    }

    [Fact]
    public void Nodes_are_counted_for_their_owners_and_those_of_a_removed_tree_are_not()
    {
        var tree = new StoreTree(new TreeClock());
        var domain = new Actor(3, 3);
        tree.Write(Path("/a/b/c"), "1"u8, domain);
        tree.Write(Path("/a/b/d"), "1"u8, domain);
        Assert.Equal(4, tree.HoldingOf(3).Nodes);
        tree.Remove(Path("/a/b"));
        Assert.Equal(1, tree.HoldingOf(3).Nodes);
        TreeCheck.Run(tree, out var fault);
        Assert.Null(fault);
    }

    private static StorePath Path(string path) => new(Encoding.ASCII.GetBytes(path));

    private static void Write(StoreTree tree, SortedDictionary<string, string> model, string path, string value)
    {
        tree.Write(Path(path), Encoding.ASCII.GetBytes(value), Actor.Control);
        for (var end = path.IndexOf('/', 1); end > 0; end = path.IndexOf('/', end + 1))
            model.TryAdd(path[..end], "");
        model[path] = value;
    }

    private static void Remove(StoreTree tree, SortedDictionary<string, string> model, string path)
    {
        Assert.Equal(model.ContainsKey(path), tree.Find(Path(path)).Exists);
        if (!model.ContainsKey(path))
            return;
        tree.Remove(Path(path));
        foreach (var gone in model.Keys.Where(k => k == path || k.StartsWith(path + "/", StringComparison.Ordinal)).ToArray())
            model.Remove(gone);
    }

    private static KeyValuePair<string, string>[] Dump(StoreTree tree)
    {
        var dump = new SortedDictionary<string, string>(StringComparer.Ordinal);
        new TreeWalk((path, node) =>
        {
            if (!path.IsRoot)
                dump.Add(Encoding.ASCII.GetString(path.Bytes), Encoding.ASCII.GetString(node.Content.Value));
            return true;
        }).Visit(tree);
        return [.. dump];
    }
}
