namespace Alignment.ModelCore.Training.Guards;

/// <summary>What a run does when a guard fires. The event is written in every case but <see cref="Off"/>.</summary>
public enum GuardAction
{
    /// <summary>The guard is not asked.</summary>
    Off,

    /// <summary>Say it and go on.</summary>
    Warn,

    /// <summary>Raise the KL coefficient where the recipe has one and the guard is about KL; otherwise lower the learning rate.</summary>
    Adapt,

    /// <summary>End here; the checkpoint holds the weights of this step.</summary>
    Stop,

    /// <summary>End here; the checkpoint holds the weights of the last good step.</summary>
    RollBack,
}
