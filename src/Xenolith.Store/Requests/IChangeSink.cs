using Xenolith.Store.Paths;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>Who is told of changes to a tree: the journal and the watches, or a transaction's log.</summary>
internal interface IChangeSink
{
    /// <summary>Records a request that is about to change the tree. Anything but <see cref="StoreError.None"/> forbids the change.</summary>
    StoreError Record(in NodeCall call);

    /// <summary>Tells of the change once it is made.</summary>
    /// <param name="path">What changed.</param>
    /// <param name="before">The node before, if it existed.</param>
    /// <param name="removed">Whether it is gone.</param>
    void Changed(StorePath path, Node before, bool removed);
}
