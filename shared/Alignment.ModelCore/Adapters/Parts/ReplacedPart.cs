using Alignment.ModelCore.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>A parameter trained in full in a copy of its own: <c>modules_to_save</c>, trained biases. Taken off, the base's is back.</summary>
/// <param name="tied">Whether a head reads the base's table at the same time.</param>
internal sealed class ReplacedPart(string key, IReplaceable module, string name, Parameter trained, bool tied = false) : AdapterPart
{
    public override IReadOnlyList<(string Key, Parameter Value)> Tensors { get; } = [(key, trained)];

    public override string? CannotMerge => tied ? $"{key} parts an embedding from the head that shares it" : null;

    public override void Attach(Tensor? rows = null) => module.Replace(name, rows is null ? trained : throw new NotSupportedException("Modules trained in full cannot be chosen row by row."));

    public override void Detach() => module.Replace(name, null);

    public override IEnumerable<(Parameter Target, Func<Tensor, Tensor> Fold)> Folds => [(module.Own(name), _ => trained.detach())];

    public override void Dispose() => trained.Dispose();
}

/// <summary>A head of its own for a tied model.</summary>
internal sealed class TiedHeadPart(string key, CausalModel model, Parameter trained) : AdapterPart
{
    public override IReadOnlyList<(string Key, Parameter Value)> Tensors { get; } = [(key, trained)];

    public override string? CannotMerge => $"{key} gives a tied model a head of its own";

    public override void Attach(Tensor? rows = null) => model.ReplaceTiedHead(trained);

    public override void Detach() => model.ReplaceTiedHead(null);

    public override void Dispose() => trained.Dispose();
}
