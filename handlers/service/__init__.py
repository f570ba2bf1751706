"""Service days (义工服务日) of party members: plan, sign-up, reminders, hours. All of it is voluntary."""
