//! AMQP to RabbitMQ through lapin.
