using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters;

/// <summary>
/// One adapter on one base model. The base is frozen when the adapter goes on and never changes: switched off, the model is the base
/// again, bit for bit and without a second copy. (PEFT trains biases in the base itself, so that there they stay when it is switched off.)
/// </summary>
public sealed class AdapterSet : IDisposable
{
    private readonly IReadOnlyList<AdapterPart> parts;
    private MergeLog? merged;

    internal AdapterSet(AdapterConfig config, nn.Module model, IReadOnlyList<AdapterPart> parts)
    {
        (Config, this.parts) = (config, parts);
        foreach (var parameter in model.parameters())
        {
            parameter.requires_grad_(false);
        }

        Tensors = [.. parts.SelectMany(p => p.Tensors).OrderBy(t => t.Key, StringComparer.Ordinal)];
        Enable();
    }

    public AdapterConfig Config { get; }

    public bool IsEnabled { get; private set; }

    /// <summary>Everything trained, by its key in <c>adapter_model.safetensors</c>.</summary>
    public IReadOnlyList<(string Key, Parameter Value)> Tensors { get; }

    public long TrainableCount => Tensors.Sum(t => t.Value.numel());

    /// <summary>Why the adapter cannot be folded into the base's weights; null where it can.</summary>
    public string? CannotMerge => parts.Select(p => p.CannotMerge).FirstOrDefault(r => r is not null);

    /// <summary>Whether starting this adapter took something out of the base: then the base alone is not the starting model.</summary>
    public bool ChangesBase { get; internal init; }

    /// <summary>Whether a merge rounds what it merges into: the base is quantised.</summary>
    public bool MergeIsLossy => parts.Any(p => p is ProjectionPart { Projection.Quantised: not null });

    internal IReadOnlyList<AdapterPart> Parts => parts;

    /// <summary>What <c>adapter_model.safetensors</c> holds.</summary>
    public IReadOnlyList<(string Key, Tensor Value)> Exported() => [.. parts.SelectMany(p => p.Exported)];

    /// <summary>The adapter on: everything trained acts.</summary>
    public void Enable() => Enable(null);

    /// <summary>The adapter off: forward passes are the base model's.</summary>
    public void Disable()
    {
        if (IsEnabled)
        {
            foreach (var part in parts)
            {
                part.Detach();
            }

            IsEnabled = false;
        }
    }

    /// <summary>Folds the adapter into the base's weights and takes it off; <see cref="Unmerge"/> puts back what was there.</summary>
    /// <exception cref="AdapterException">There is a reason why not; see <see cref="CannotMerge"/>.</exception>
    public void Merge()
    {
        if (CannotMerge is { } reason)
        {
            throw new AdapterException($"This adapter cannot be merged: {reason}.");
        }

        Disable();
        Change(part => part.Merge);
    }

    /// <summary>
    /// What each of the base's parameters would be after a merge, one at a time: nothing is changed, and no second copy of the base is made.
    /// A parameter that the adapter leaves alone comes back as it is.
    /// </summary>
    /// <exception cref="AdapterException">There is a reason why not; see <see cref="CannotMerge"/>.</exception>
    public Func<string, Tensor, Tensor> MergedValues()
    {
        if (CannotMerge is { } reason)
        {
            throw new AdapterException($"This adapter cannot be merged: {reason}.");
        }

        var folds = InOrder.SelectMany(p => p.Folds).GroupBy(f => f.Target.Handle).ToDictionary(g => g.Key, g => g.Select(f => f.Fold).ToList());
        return (_, value) => folds.TryGetValue(value.Handle, out var all) ? all.Aggregate(value.detach(), (v, fold) => fold(v)) : value;
    }

    /// <summary>Puts the weights from before <see cref="Merge"/> back bit for bit, and the adapter on.</summary>
    public void Unmerge()
    {
        (merged ?? throw new InvalidOperationException("The adapter is not merged.")).Restore();
        merged = null;
        Enable();
    }

    /// <summary>Takes an adapter out of weights that hold it, by arithmetic: the base comes back up to rounding. The adapter is off afterwards.</summary>
    /// <exception cref="AdapterException">The method's merge cannot be inverted.</exception>
    public void Subtract()
    {
        Disable();
        Change(part => part.Unmerge);
    }

    /// <summary>What the method adds to the loss, a scalar; null for most. AdaLoRA: the mean distance of its factors from orthogonal ones, times <c>orth_reg_weight</c>.</summary>
    public Tensor? Regulariser()
    {
        var terms = parts.OfType<ProjectionPart>().Select(p => p.Layer).OfType<AdaLora>().SelectMany(l => l.Orthogonality()).ToList();
        if (terms.Count == 0)
        {
            return null;
        }

        using var weight = (Scalar)Config.Number("orth_reg_weight", 0.5);
        return torch.stack(terms).mean().mul(weight);
    }

    public void Dispose()
    {
        Disable();
        merged?.Dispose();
        foreach (var part in parts)
        {
            part.Dispose();
        }
    }

    /// <summary>The adapter on, for some rows of the batch only (int64).</summary>
    internal void Enable(Tensor? rows)
    {
        Disable();
        foreach (var part in parts)
        {
            part.Attach(rows);
        }

        IsEnabled = true;
    }

    private void Change(Func<AdapterPart, Action<MergeLog>> how)
    {
        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        merged = new();
        // Parameters trained in full first: what is folded in afterwards builds on them.
        foreach (var part in InOrder)
        {
            how(part)(merged);
        }
    }

    private IEnumerable<AdapterPart> InOrder => parts.OrderBy(p => p is ReplacedPart ? 0 : 1);
}
