using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>One place of the model that an adapter changes: it can be put on, taken off and, mostly, folded into the weights.</summary>
internal abstract class AdapterPart : IDisposable
{
    /// <summary>What is trained here, by its key in PEFT's file.</summary>
    public abstract IReadOnlyList<(string Key, Parameter Value)> Tensors { get; }

    /// <summary>What the file holds; the same as <see cref="Tensors"/> unless the method folds something away.</summary>
    public virtual IEnumerable<(string Key, Tensor Value)> Exported => Tensors.Select(t => (t.Key, (Tensor)t.Value));

    /// <summary>Why this cannot be folded into the weights; null where it can.</summary>
    public virtual string? CannotMerge => null;

    /// <summary>Puts it on; <paramref name="rows"/> (int64) restricts it to rows of the batch.</summary>
    public abstract void Attach(Tensor? rows = null);

    public abstract void Detach();

    /// <summary>The base's dense parameters that a merge changes, each with how; without gradients.</summary>
    public virtual IEnumerable<(Parameter Target, Func<Tensor, Tensor> Fold)> Folds => [];

    /// <summary>Writes the folded values into the base; called while detached, without gradients.</summary>
    public virtual void Merge(MergeLog log)
    {
        if (CannotMerge is { } reason)
        {
            throw new AdapterException($"This adapter cannot be merged: {reason}.");
        }

        foreach (var (target, fold) in Folds)
        {
            using var scope = torch.NewDisposeScope();
            log.Write(target, fold(target.detach()));
        }
    }

    /// <summary>Computes the values from before a merge out of merged ones; called while detached, without gradients.</summary>
    public virtual void Unmerge(MergeLog log) => throw new AdapterException($"{Tensors[0].Key} replaced what was there, so that it cannot be unmerged. Keep the base.");

    public abstract void Dispose();
}
