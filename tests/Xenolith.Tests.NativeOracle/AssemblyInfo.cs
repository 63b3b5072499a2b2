// The native side is one set of thunks and fixed addresses in the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
